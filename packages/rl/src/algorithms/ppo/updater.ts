// One minibatch of PPO: a clipped step of the policy and one of the critic, each a step of its network's program.

import { paddedFloats } from '../../data/token-batch.ts';
import type { AdamW } from '../../engine/optimizer.ts';
import { ppoPolicyLoss } from '../../losses/ppo-losses.ts';
import type { Actor, Critic } from './actor-critic.ts';
import { CriticUpdater, type CriticMetrics } from './critic-updater.ts';
import { episodeArrays, type Experience } from './episode.ts';
import type { PassSettings } from './passes.ts';
import { policyStep, refuseNonNumbers, type PolicyStepInputs } from './policy-step.ts';
import type { PretrainingMix } from './pretraining-mix.ts';
import { average, shareOf } from './statistics.ts';

export interface UpdateSettings extends PassSettings {
  readonly clipRange: number;
  readonly valueClipRange: number;
  /** The policy is not moved by a minibatch whose mean ratio is above this. */
  readonly maxRatio: number;
}

export interface MinibatchMetrics extends CriticMetrics {
  readonly policyLoss: number;
  /** ½ mean (log ρ)². */
  readonly approxKl: number;
  /** Share of tokens whose ratio left [1 - ε, 1 + ε] on the side that is clipped. */
  readonly clipFraction: number;
  readonly ratio: number;
  readonly policyGradNorm: number;
  /** - mean log π of the corpus; null where none is mixed in. */
  readonly ptxLoss: number | null;
  readonly isSkipped: boolean;
}

interface UpdaterOptions {
  readonly actor: Actor;
  readonly critic: Critic;
  readonly actorOptimizer: AdamW;
  readonly criticOptimizer: AdamW;
  readonly settings: UpdateSettings;
  readonly mix?: PretrainingMix | null;
}

export class PpoUpdater {
  readonly settings: UpdateSettings;
  readonly #options: UpdaterOptions;
  readonly #updatePolicy: ReturnType<typeof policyStep<PolicyStepInputs>>;
  readonly #criticUpdater: CriticUpdater;

  constructor(options: UpdaterOptions) {
    const { critic, criticOptimizer, settings, mix = null } = options;
    const { clipRange, maxRatio, valueClipRange } = settings;
    this.#options = options;
    this.settings = settings;
    this.#updatePolicy = policyStep<PolicyStepInputs>(
      { ...options, maxRatio, mix },
      (logProbs, { counts: mask, ...inputs }) => ppoPolicyLoss({ ...inputs, logProbs, mask, clipRange }),
    );
    this.#criticUpdater = new CriticUpdater(critic, criticOptimizer, valueClipRange);
  }

  /** @throws DivergedError when a loss or a gradient is not a number */
  update(
    minibatch: readonly Experience[],
    rates: {
      readonly actorLearningRate: number;
      readonly criticLearningRate: number;
      readonly iteration: number;
    },
  ): MinibatchMetrics {
    const { actor, actorOptimizer, settings } = this.#options;
    const oldLogProbs = minibatch.flatMap((one) => one.oldLogProbs);
    const advantages = minibatch.flatMap((one) => one.advantages);
    const batch = episodeArrays(minibatch, actor.nPositions, actor.program);
    const padded = (values: readonly number[]) => paddedFloats(values, batch.places.values.length);
    const { tokens, ...policy } = this.#updatePolicy({
      ...batch,
      counts: padded(oldLogProbs.map(() => 1)),
      oldLogProbs: padded(oldLogProbs),
      advantages: padded(advantages),
      rate: actorOptimizer.rate(rates.actorLearningRate),
    });
    const value = this.#criticUpdater.update(minibatch, rates.criticLearningRate);
    const { policyLoss, ptxLoss, policyGradNorm } = policy;
    const { valueLoss, valueGradNorm } = value;
    refuseNonNumbers([policyLoss, ptxLoss, policyGradNorm, valueLoss, valueGradNorm], rates.iteration);
    const newLogProbs = Array.from(tokens).slice(0, oldLogProbs.length);
    return {
      ...policy,
      ...value,
      ...policyStatistics(newLogProbs, oldLogProbs, advantages, settings.clipRange),
    };
  }
}

function policyStatistics(
  logProbs: readonly number[],
  oldLogProbs: readonly number[],
  advantages: readonly number[],
  clipRange: number,
) {
  const logRatios = logProbs.map((logProb, t) => logProb - (oldLogProbs[t] ?? NaN));
  const ratios = logRatios.map(Math.exp);
  const isClipped = (ratio: number, t: number) =>
    (advantages[t] ?? 0) > 0 ? ratio > 1 + clipRange : ratio < 1 - clipRange;
  return {
    approxKl: 0.5 * average(logRatios, (logRatio) => logRatio * logRatio),
    ratio: average(ratios, (ratio) => ratio),
    clipFraction: shareOf(ratios, isClipped),
  };
}
