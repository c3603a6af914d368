// The iterations of policy gradients without an advantage of every token: REINFORCE, RLOO, GRPO, and PPO's simple form.

import { usualChoices, type ReinforceConfig } from '@rankloop/contracts';
import { z } from 'zod';
import { AdamW } from '../../engine/optimizer.ts';
import type { PolicyGradientObjective } from '../../losses/policy-gradient-loss.ts';
import { RunningMean } from '../../returns/group-advantages.ts';
import { explainedVariance } from '../../returns/whiten.ts';
import { CriticUpdater } from '../ppo/critic-updater.ts';
import { improvePolicy, refuseDivergence } from '../ppo/improve.ts';
import { runPasses } from '../ppo/passes.ts';
import { loadPolicyWorld, type PolicyWorld } from '../ppo/policy-world.ts';
import { loadPretrainingMix, type MixSettings } from '../ppo/pretraining-mix.ts';
import { rollOut } from '../ppo/rollout.ts';
import { average } from '../ppo/statistics.ts';
import { ptxMetric } from '../ppo/update.ts';
import { ADAM_BETAS, criticOf } from '../ppo/world.ts';
import { optimizerPart, valuePart, weightsPart } from '../progress/parts.ts';
import type { Part } from '../progress/progress.ts';
import type { PolicyRunOptions, PpoReport } from '../types.ts';
import { toGradientExperience, type GradientExperience } from './advantages.ts';
import { PolicyGradientUpdater, type GradientMetrics } from './updater.ts';

export interface PolicyGradientOptions extends PolicyRunOptions {
  readonly config: ReinforceConfig;
  /** What of the corpus is mixed in; nothing when absent. */
  readonly mixSettings?: MixSettings;
  readonly corpus?: readonly string[] | undefined;
}

/** How far one update may move a learned baseline, as PPO's critic. */
const VALUE_CLIP_RANGE = 0.2;
const NO_MIX: MixSettings = { ptxCoefficient: 0, ptxWindows: 1, ptxWindowTokens: 2 };

/** Writes the improved policy as a complete model folder. */
export async function runPolicyGradient(options: PolicyGradientOptions): Promise<PpoReport> {
  const { config, corpus, seed, mixSettings = NO_MIX } = options;
  const isScaled = usualChoices(config).scaleAdvantages !== 'none';
  const world = await loadPolicyWorld(options, isScaled ? 'advantages' : 'scores');
  const disposals: { dispose(): void }[] = [world];
  try {
    const mix = loadPretrainingMix({ config: mixSettings, corpus, seed }, world);
    const learned = learnedBaseline(world, config, disposals);
    const actorOptimizer = new AdamW(world.actor.params, adamOf(config));
    disposals.push(actorOptimizer);
    const updater = new PolicyGradientUpdater({
      actor: world.actor,
      actorOptimizer,
      objective: objectiveOf(config),
      aggregation: usualChoices(config).aggregation,
      maxTokens: config.maxNewTokens,
      maxRatio: config.maxRatio,
      mix,
      criticUpdater: learned?.updater,
    });
    const heldOutLossBefore = await mix?.heldOutLoss(world.pause);
    const runningMean = new RunningMean(config.baselineDecay);
    const parts = {
      ...world.parts,
      policyAdam: optimizerPart(actorOptimizer, world.actor.params),
      baseline: baselinePart(runningMean),
      ...learned?.parts,
      ...mix?.parts,
    };
    const whole = { ...world, critic: learned?.critic, parts };
    const report = await improve(whole, { updater, runningMean }, options);
    if (mix === null || heldOutLossBefore === undefined) return report;
    return { ...report, pretraining: await mix.report(heldOutLossBefore, world.pause) };
  } finally {
    for (const part of disposals) part.dispose();
  }
}

function improve(
  world: PolicyWorld,
  { updater, runningMean }: { updater: PolicyGradientUpdater; runningMean: RunningMean },
  options: PolicyGradientOptions,
): Promise<PpoReport> {
  const { config } = options;
  const choices = { ...config, ...usualChoices(config), advantageWeight: world.advantageWeight };
  return improvePolicy(world, options, async ({ number, warmup, klCoefficient }) => {
    // 1. Draw several outputs for each of the next prompts, score them, and take log-probabilities.
    const prompts = world.prompts.next(config.promptsPerIteration);
    const repeated = prompts.flatMap((prompt) =>
      new Array<typeof prompt>(config.outputsPerPrompt).fill(prompt),
    );
    const rollout = await rollOut(world, options, repeated);

    // 2. What each output is worth beside what it is compared with.
    const batch = toGradientExperience(rollout.episodes, { ...choices, klCoefficient }, runningMean);
    refuseDivergence(batch.objective, config, number);

    // 3. Passes of updates on the surrogate.
    const { all, passes } = await runPasses({
      experience: batch.experience,
      settings: config,
      random: world.random,
      pause: world.pause,
      update: (minibatch) =>
        updater.update(minibatch, {
          learningRate: config.learningRate * warmup,
          criticLearningRate: config.criticLearningRate * warmup,
          klCoefficient,
          iteration: number,
        }),
    });
    const metrics = { ...batch.metrics, ...updateMetrics(all, batch.experience), passes };
    return { rollout, objective: batch.objective, metrics };
  });
}

/** The surrogate that a configuration asks for. */
export function objectiveOf(config: ReinforceConfig): PolicyGradientObjective {
  const { surrogate, clipRange, clipRangeHigh } = config;
  const { ratio, klPlace, klEstimator } = usualChoices(config);
  const klInLoss = klPlace === 'loss' && klEstimator !== 'k1' ? klEstimator : null;
  return { surrogate, ratio, clipRange, clipRangeHigh, klInLoss };
}

function adamOf({ maxGradNorm }: ReinforceConfig) {
  return { ...ADAM_BETAS, maxGradNorm };
}

function learnedBaseline(world: PolicyWorld, config: ReinforceConfig, disposals: { dispose(): void }[]) {
  if (config.estimator !== 'reinforce' || config.baseline !== 'learned') return undefined;
  const critic = criticOf(world, { criticInit: 'reward' });
  const optimizer = new AdamW(critic.params, adamOf(config));
  disposals.push(critic, optimizer);
  const parts = { critic: weightsPart(critic.params), criticAdam: optimizerPart(optimizer, critic.params) };
  return { critic, parts, updater: new CriticUpdater(critic, optimizer, VALUE_CLIP_RANGE) };
}

function baselinePart(mean: RunningMean): Part {
  return valuePart(z.number().nullable(), {
    read: () => mean.value,
    place: (value) => mean.goTo(value),
  });
}

/** Averages over the minibatches of all passes, under the names that TRL logs. */
export function updateMetrics(
  all: readonly GradientMetrics[],
  experience: readonly GradientExperience[],
): Record<string, number> {
  const critics = all.flatMap(({ critic }) => critic ?? []);
  const lossKls = all.flatMap(({ lossKl }) => lossKl ?? []);
  return {
    'policy/approxkl_avg': average(all, (one) => one.approxKl),
    'policy/clipfrac_avg': average(all, (one) => one.clippedLow + one.clippedHigh),
    'clip_ratio/low_mean': average(all, (one) => one.clippedLow),
    'clip_ratio/high_mean': average(all, (one) => one.clippedHigh),
    'loss/policy_avg': average(all, (one) => one.policyLoss),
    'val/ratio': average(all, (one) => one.ratio),
    'grad_norm/policy': average(all, (one) => one.policyGradNorm),
    skipped_updates: all.filter(({ isSkipped }) => isSkipped).length,
    ...(lossKls.length > 0 && { kl: average(lossKls, (kl) => kl) }),
    ...ptxMetric(all),
    ...(critics.length > 0 && {
      'loss/value_avg': average(critics, (one) => one.valueLoss),
      'val/clipfrac_avg': average(critics, (one) => one.valueClipFraction),
      'grad_norm/value': average(critics, (one) => one.valueGradNorm),
      explained_variance: explainedVariance(
        experience.flatMap(({ oldValues }) => oldValues),
        experience.flatMap(({ returns }) => returns),
      ),
    }),
  };
}
