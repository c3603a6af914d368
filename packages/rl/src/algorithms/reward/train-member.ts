// The passes over the judgements that make one reward model, or all heads of one.

import { z } from 'zod';
import { ShuffledItems } from '../../data/shuffled-items.ts';
import { AdamW } from '../../engine/optimizer.ts';
import { Random } from '../../engine/random.ts';
import { optimizerPart, orderPart, randomPart, valuePart, weightsPart } from '../progress/parts.ts';
import {
  restoreParts,
  saveWhenDue,
  type Parts,
  type Progress,
  type SavedState,
} from '../progress/progress.ts';
import type { RewardModel } from '../reward-model.ts';
import { cosineToTenth } from '../step-control.ts';
import { DivergedError, type TrainRewardModelOptions } from '../types.ts';
import { usualRewardBatch } from '../usual-shape.ts';
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
  /** Of an earlier process, within this very member. */
  readonly saved: SavedState | null;
  /** What is saved beside the member's own. */
  readonly beside: Parts;
  readonly pause: () => Promise<void>;
}

/** Trains in place. Steps are counted over all members. */
export async function trainMember(
  { model, prompts, member, members, saved, beside, pause }: MemberRun,
  { config, seed: runSeed, onMetrics, progress }: TrainRewardModelOptions,
): Promise<{ steps: number; finalLoss: number }> {
  const seed = memberSeed(runSeed, member);
  const random = new Random(seed);
  const own = drawnBy(prompts, { config, members, heads: model.heads.length, seed });
  const order = new ShuffledItems(own, random);
  const { params } = model;
  const optimizer = new AdamW(params, {
    ...ADAM_BETAS,
    weightDecay: config.weightDecay,
    maxGradNorm: config.maxGradNorm,
  });
  const stepsPerEpoch = Math.ceil(own.length / config.batchPrompts);
  const totalSteps = stepsPerEpoch * config.epochs;
  const warmupSteps = Math.round(config.warmupFraction * totalSteps);
  model.program.usual = usualRewardBatch(params, prompts, config.batchPrompts);
  const training = updatesOf(model, optimizer, prompts, config);
  const earlierSteps = member * totalSteps;
  let step = 0;
  let finalLoss = NaN;
  const parts = {
    ...beside,
    model: weightsPart(params),
    adam: optimizerPart(optimizer, params),
    random: randomPart(random),
    order: orderPart(order),
    loss: valuePart(z.number(), { read: () => finalLoss, place: (loss) => (finalLoss = loss) }),
  };
  try {
    if (progress && saved) step = goOnWithin(parts, { progress, saved, earlierSteps });
    while (step < totalSteps) {
      await pause();
      const learningRate = config.learningRate * cosineToTenth(step, totalSteps, warmupSteps);
      const values = training.step(order.nextOfPass(config.batchPrompts), learningRate);
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
      onMetrics?.(earlierSteps + step, members * totalSteps, {
        ...Object.fromEntries(known),
        learning_rate: learningRate,
        ...(members > 1 && { member: member + 1 }),
      });
      await saveWhenDue(progress, earlierSteps + step, parts);
    }
  } finally {
    optimizer.dispose();
  }
  return { steps: step, finalLoss };
}

/** Returns the member's own steps that are done; where its state is refused, it begins anew after the earlier members. */
function goOnWithin(
  parts: Parts,
  { progress, saved, earlierSteps }: { progress: Progress; saved: SavedState; earlierSteps: number },
): number {
  const refusal = restoreParts(saved, parts);
  const done = refusal === null ? saved.step : earlierSteps;
  progress.begin(done, refusal ?? undefined);
  return done - earlierSteps;
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
