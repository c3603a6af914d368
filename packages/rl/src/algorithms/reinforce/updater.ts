// One minibatch of policy gradients: a step of the policy on its surrogate loss, and one of the critic where the
// baseline is learned.

import type * as tf from '@tensorflow/tfjs-core';
import { paddedFloats } from '../../data/token-batch.ts';
import { floats, type HostArray } from '../../engine/host-array.ts';
import type { AdamW } from '../../engine/optimizer.ts';
import { paddedSize } from '../../engine/padded-size.ts';
import {
  policyGradientLoss,
  tokenWeights,
  type Aggregation,
  type PolicyGradientObjective,
} from '../../losses/policy-gradient-loss.ts';
import type { Actor } from '../ppo/actor-critic.ts';
import type { CriticMetrics, CriticUpdater } from '../ppo/critic-updater.ts';
import { episodeArrays, splitByEpisode } from '../ppo/episode.ts';
import { policyStep, refuseNonNumbers, type PolicyStepInputs } from '../ppo/policy-step.ts';
import type { PretrainingMix } from '../ppo/pretraining-mix.ts';
import type { GradientExperience } from './advantages.ts';
import { ratioStatistics, type RatioStatistics } from './ratio-statistics.ts';

interface GradientInputs extends PolicyStepInputs {
  readonly refLogProbs: tf.Tensor1D; // [N]
  readonly weights: tf.Tensor1D; // [N]
  readonly klCoefficient: tf.Tensor1D; // [1]
  readonly members: tf.Tensor2D; // [B, N]
  readonly outputScales: tf.Tensor1D; // [B]
}

export interface GradientUpdaterOptions {
  readonly actor: Actor;
  readonly actorOptimizer: AdamW;
  readonly objective: PolicyGradientObjective;
  readonly aggregation: Aggregation;
  /** Of the longest output; what `constant` aggregation divides by. */
  readonly maxTokens: number;
  readonly maxRatio: number;
  readonly mix?: PretrainingMix | null;
  /** Where the baseline is learned. */
  readonly criticUpdater?: CriticUpdater | undefined;
}

export interface GradientRates {
  readonly learningRate: number;
  readonly criticLearningRate: number;
  readonly klCoefficient: number;
  /** Named in the error when an update diverges. */
  readonly iteration: number;
}

export interface GradientMetrics extends RatioStatistics {
  readonly policyLoss: number;
  readonly policyGradNorm: number;
  /** - mean log π of the corpus; null where none is mixed in. */
  readonly ptxLoss: number | null;
  readonly isSkipped: boolean;
  /** Null where there is no critic. */
  readonly critic: CriticMetrics | null;
}

export class PolicyGradientUpdater {
  readonly #options: GradientUpdaterOptions;
  readonly #updatePolicy: ReturnType<typeof policyStep<GradientInputs>>;

  constructor(options: GradientUpdaterOptions) {
    const { objective, mix = null } = options;
    this.#options = options;
    this.#updatePolicy = policyStep<GradientInputs>({ ...options, mix }, (logProbs, inputs) =>
      policyGradientLoss({ ...inputs, logProbs }, objective),
    );
  }

  /** @throws DivergedError when a loss or a gradient is not a number */
  update(minibatch: readonly GradientExperience[], rates: GradientRates): GradientMetrics {
    const { actor, actorOptimizer, objective, criticUpdater } = this.#options;
    const batch = episodeArrays(minibatch, actor.nPositions, actor.program);
    const N = batch.places.values.length;
    const padded = (side: (one: GradientExperience) => readonly number[]) =>
      paddedFloats(minibatch.flatMap(side), N);
    const { tokens, ...policy } = this.#updatePolicy({
      ...batch,
      ...this.#outputArrays(minibatch, N),
      counts: padded(({ responseIds }) => responseIds.map(() => 1)),
      oldLogProbs: padded((one) => one.oldLogProbs),
      refLogProbs: padded((one) => one.refLogProbs),
      advantages: padded((one) => one.advantages),
      weights: paddedFloats(this.#weights(minibatch), N),
      klCoefficient: floats([rates.klCoefficient]),
      rate: actorOptimizer.rate(rates.learningRate),
    });
    const critic = criticUpdater?.update(minibatch, rates.criticLearningRate) ?? null;
    const { policyLoss, policyGradNorm, ptxLoss } = policy;
    const valueNumbers = critic === null ? [] : [critic.valueLoss, critic.valueGradNorm];
    refuseNonNumbers([policyLoss, policyGradNorm, ptxLoss, ...valueNumbers], rates.iteration);
    return {
      ...policy,
      ...ratioStatistics(minibatch, splitByEpisode(tokens, minibatch), objective),
      critic,
    };
  }

  #weights(minibatch: readonly GradientExperience[]): number[] {
    const { aggregation, maxTokens } = this.#options;
    const lengths = minibatch.map(({ responseIds }) => responseIds.length);
    const outputWeights = minibatch.map(({ weight }) => weight);
    return tokenWeights(lengths, { aggregation, maxTokens, outputWeights }).flat();
  }

  /** Which token belongs to which output, where the ratio is of a whole output; else one row that says nothing. */
  #outputArrays(
    minibatch: readonly GradientExperience[],
    N: number,
  ): Record<'members' | 'outputScales', HostArray> {
    const { objective, actor } = this.#options;
    if (objective.ratio === 'token')
      return { members: floats(new Float32Array(N), [1, N]), outputScales: floats([0]) };
    const B = paddedSize(minibatch.length, actor.program);
    const members = new Float32Array(B * N);
    let offset = 0;
    minibatch.forEach(({ responseIds: { length } }, b) => {
      members.fill(1, b * N + offset, b * N + offset + length);
      offset += length;
    });
    const scales = minibatch.map(({ responseIds: { length } }) =>
      objective.ratio === 'sequence' ? 1 : 1 / length,
    );
    return { members: floats(members, [B, N]), outputScales: paddedFloats(scales, B) };
  }
}
