// PPO's inner loop: several passes of clipped updates over one batch of experience (Schulman et al. 2017).

import * as tf from '@tensorflow/tfjs-core';
import type { AdamW } from '../../engine/optimizer.ts';
import type { Random } from '../../engine/random.ts';
import { ppoPolicyLoss, ppoValueLoss } from '../../losses/ppo-losses.ts';
import { explainedVariance, momentsOf } from '../../returns/whiten.ts';
import { DivergedError } from '../types.ts';
import type { Actor, Critic } from './actor-critic.ts';
import type { Experience } from './episode.ts';

export interface UpdateSettings {
  readonly innerEpochs: number;
  readonly minibatchEpisodes: number;
  readonly clipRange: number;
  readonly valueClipRange: number;
  /** The policy is not moved by a minibatch whose mean ratio is above this. */
  readonly maxRatio: number;
  /** Mean approximate KL of a pass above which no further pass is made. */
  readonly stopUpdateKl: number;
}

export interface UpdateOptions {
  readonly actor: Actor;
  readonly critic: Critic;
  readonly actorOptimizer: AdamW;
  readonly criticOptimizer: AdamW;
  readonly experience: readonly Experience[];
  readonly settings: UpdateSettings;
  readonly actorLearningRate: number;
  readonly criticLearningRate: number;
  readonly random: Random;
  /** Named in the error when an update diverges. */
  readonly iteration: number;
  readonly pause: () => Promise<void>;
}

/** Averages over the minibatches of all passes, under the names that TRL logs. */
export type UpdateMetrics = Record<
  | 'policy/approxkl_avg'
  | 'policy/clipfrac_avg'
  | 'loss/policy_avg'
  | 'loss/value_avg'
  | 'val/clipfrac_avg'
  | 'val/ratio'
  | 'val/ratio_var'
  | 'explained_variance'
  | 'grad_norm/policy'
  | 'grad_norm/value'
  | 'passes'
  | 'skipped_updates',
  number
>;

export async function updateOnExperience(options: UpdateOptions): Promise<UpdateMetrics> {
  const { experience, settings, random, pause } = options;
  const all: MinibatchMetrics[] = [];
  let passes = 0;
  while (passes < settings.innerEpochs) {
    const pass: MinibatchMetrics[] = [];
    const shuffled = random.shuffled(experience);
    for (let start = 0; start < shuffled.length; start += settings.minibatchEpisodes) {
      await pause();
      pass.push(updateOnMinibatch(shuffled.slice(start, start + settings.minibatchEpisodes), options));
    }
    all.push(...pass);
    passes += 1;
    if (average(pass, (one) => one.approxKl) > settings.stopUpdateKl) break;
  }
  const ratios = all.map(({ ratio }) => ratio);
  return {
    'policy/approxkl_avg': average(all, (one) => one.approxKl),
    'policy/clipfrac_avg': average(all, (one) => one.clipFraction),
    'loss/policy_avg': average(all, (one) => one.policyLoss),
    'loss/value_avg': average(all, (one) => one.valueLoss),
    'val/clipfrac_avg': average(all, (one) => one.valueClipFraction),
    'val/ratio': average(all, (one) => one.ratio),
    'val/ratio_var': momentsOf(ratios, 'population').variance,
    explained_variance: explainedVariance(
      experience.flatMap(({ oldValues }) => oldValues),
      experience.flatMap(({ returns }) => returns),
    ),
    'grad_norm/policy': average(all, (one) => one.policyGradNorm),
    'grad_norm/value': average(all, (one) => one.valueGradNorm),
    passes,
    skipped_updates: all.filter(({ isSkipped }) => isSkipped).length,
  };
}

interface MinibatchMetrics {
  readonly policyLoss: number;
  readonly valueLoss: number;
  /** ½ mean (log ρ)². */
  readonly approxKl: number;
  /** Share of tokens whose ratio left [1 - ε, 1 + ε] on the side that is clipped. */
  readonly clipFraction: number;
  readonly valueClipFraction: number;
  readonly ratio: number;
  readonly policyGradNorm: number;
  readonly valueGradNorm: number;
  readonly isSkipped: boolean;
}

function updateOnMinibatch(minibatch: readonly Experience[], options: UpdateOptions): MinibatchMetrics {
  const { actor, critic, settings } = options;
  const flat = (side: (one: Experience) => readonly number[]) => minibatch.flatMap(side);
  const oldLogProbs = flat((one) => one.oldLogProbs);
  const advantages = flat((one) => one.advantages);
  const oldValues = flat((one) => one.oldValues);
  const returns = flat((one) => one.returns);
  const mask = tf.ones<tf.Rank.R1>([oldLogProbs.length]);

  const policy = lossAndGradients(
    () => actor.logProbs(minibatch),
    (logProbs) =>
      ppoPolicyLoss({
        logProbs,
        oldLogProbs: tf.tensor1d(oldLogProbs),
        advantages: tf.tensor1d(advantages),
        mask,
        clipRange: settings.clipRange,
      }),
    actor.params,
  );
  const value = lossAndGradients(
    () => critic.values(minibatch),
    (values) =>
      ppoValueLoss({
        values,
        oldValues: tf.tensor1d(oldValues),
        returns: tf.tensor1d(returns),
        mask,
        clipRange: settings.valueClipRange,
      }),
    critic.params,
  );
  mask.dispose();
  const statistics = policyStatistics(policy.outputs, oldLogProbs, advantages, settings.clipRange);
  const isSkipped = statistics.ratio > settings.maxRatio;
  const policyGradNorm = isSkipped
    ? 0
    : options.actorOptimizer.step(policy.grads, options.actorLearningRate).gradNorm;
  const valueGradNorm = options.criticOptimizer.step(value.grads, options.criticLearningRate).gradNorm;
  for (const grad of [...Object.values(policy.grads), ...Object.values(value.grads)]) grad.dispose();
  if (![policy.loss, value.loss, policyGradNorm, valueGradNorm].every(Number.isFinite)) {
    throw new DivergedError(
      `A loss was not a number in iteration ${options.iteration}: lower the learning rates or raise the KL coefficient.`,
      options.iteration,
    );
  }
  return {
    policyLoss: policy.loss,
    valueLoss: value.loss,
    ...statistics,
    valueClipFraction: shareOf(
      value.outputs,
      (v, t) => Math.abs(v - (oldValues[t] ?? NaN)) > settings.valueClipRange,
    ),
    policyGradNorm,
    valueGradNorm,
    isSkipped,
  };
}

/** One forward and backward pass; `outputs` are the network's own, read on the way. */
function lossAndGradients(
  forward: () => tf.Tensor1D,
  lossOf: (outputs: tf.Tensor1D) => tf.Scalar,
  params: readonly tf.Variable[],
): { loss: number; outputs: number[]; grads: tf.NamedTensorMap } {
  let outputs: number[] = [];
  const { value, grads } = tf.variableGrads(() => {
    const tensor = forward();
    outputs = Array.from(tensor.dataSync());
    return lossOf(tensor);
  }, [...params]);
  const loss = value.dataSync()[0] ?? NaN;
  value.dispose();
  return { loss, outputs, grads };
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

function average<T>(items: readonly T[], of: (item: T) => number): number {
  return items.length === 0 ? 0 : items.reduce((sum, item) => sum + of(item), 0) / items.length;
}

function shareOf(values: readonly number[], is: (value: number, index: number) => boolean): number {
  return values.length === 0 ? 0 : values.filter(is).length / values.length;
}
