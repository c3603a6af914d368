// The passes over the judgements that make one reward model, or all heads of one.

import { AdamW } from '../../engine/optimizer.ts';
import { Random } from '../../engine/random.ts';
import type { RewardModel } from '../reward-model.ts';
import { cosineToTenth } from '../step-control.ts';
import { DivergedError, type TrainRewardModelOptions } from '../types.ts';
import { countDraws, memberSeed, resample } from './bootstrap.ts';
import { DrawTraining } from './draw-step.ts';
import type { PreparedPrompt } from './prepare.ts';
import { RatingTraining, ratingScale } from './rating-step.ts';
import { RewardTraining, type RewardUpdates } from './reward-step.ts';

const ADAM_BETAS = { beta1: 0.9, beta2: 0.95 };

export interface MemberRun {
  readonly model: RewardModel;
  readonly prompts: readonly PreparedPrompt[];
  /** From 0, and how many there are. */
  readonly member: number;
  readonly members: number;
  readonly pause: () => Promise<void>;
}

/** Trains in place. Steps are counted over all members. */
export async function trainMember(
  { model, prompts, member, members, pause }: MemberRun,
  { config, seed: runSeed, onMetrics }: TrainRewardModelOptions,
): Promise<{ steps: number; finalLoss: number }> {
  const seed = memberSeed(runSeed, member);
  const random = new Random(seed);
  const own = drawnBy(prompts, { config, members, heads: model.heads.length, seed });
  const optimizer = new AdamW(model.params, {
    ...ADAM_BETAS,
    weightDecay: config.weightDecay,
    maxGradNorm: config.maxGradNorm,
  });
  const stepsPerEpoch = Math.ceil(own.length / config.batchPrompts);
  const totalSteps = stepsPerEpoch * config.epochs;
  const warmupSteps = Math.round(config.warmupFraction * totalSteps);
  const training = updatesOf(model, optimizer, prompts, config);
  let step = 0;
  let finalLoss = NaN;
  try {
    for (let epoch = 0; epoch < config.epochs; epoch++) {
      const shuffled = random.shuffled(own);
      for (let start = 0; start < shuffled.length; start += config.batchPrompts) {
        await pause();
        const learningRate = config.learningRate * cosineToTenth(step, totalSteps, warmupSteps);
        const batch = shuffled.slice(start, start + config.batchPrompts);
        const values = training.step(batch, learningRate);
        step += 1;
        if (!Number.isFinite(values.loss) || !Number.isFinite(values.grad_norm)) {
          throw new DivergedError(
            `The loss of the reward model was not a number at step ${step}: lower its learning rate.`,
            step,
          );
        }
        finalLoss = values.loss;
        // A batch of ratings may hold no pair to be right or wrong about.
        const known = Object.entries(values).filter(([, value]) => !Number.isNaN(value));
        onMetrics?.(member * totalSteps + step, members * totalSteps, {
          ...Object.fromEntries(known),
          learning_rate: learningRate,
          ...(members > 1 && { member: member + 1 }),
        });
      }
    }
  } finally {
    optimizer.dispose();
  }
  return { steps: step, finalLoss };
}

function drawnBy(
  prompts: readonly PreparedPrompt[],
  ensemble: {
    config: TrainRewardModelOptions['config'];
    members: number;
    heads: number;
    seed: number;
  },
): readonly PreparedPrompt[] {
  const { config, members, heads, seed } = ensemble;
  if (!config.bootstrap) return prompts;
  if (members > 1) return resample(prompts, seed);
  return heads > 1 ? countDraws(prompts, heads, seed) : prompts;
}

/** The targets of ratings are scaled by all prompts, so that every member learns the same ones. */
function updatesOf(
  model: RewardModel,
  optimizer: AdamW,
  prompts: readonly PreparedPrompt[],
  { objective, centering }: TrainRewardModelOptions['config'],
): RewardUpdates {
  switch (objective) {
    case 'pairs':
      return new RewardTraining(model, optimizer, centering);
    case 'plackett-luce':
    case 'pick-best':
      return new DrawTraining(model, optimizer);
    case 'regression':
      return new RatingTraining(model, optimizer, ratingScale(prompts));
  }
}
