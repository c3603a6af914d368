// PPO's losses in float64 with gradients, and the statistics of an update that are shown beside them.

import type { LossWithGradient } from './pair-loss.ts';

/** See `ppoPolicyLoss`. All arrays hold tokens that count. */
export function referencePolicyLoss(
  logProbs: readonly number[],
  oldLogProbs: readonly number[],
  advantages: readonly number[],
  clipRange: number,
): LossWithGradient {
  const n = logProbs.length;
  let loss = 0;
  const grad = logProbs.map((logProb, t) => {
    const advantage = advantages[t] ?? NaN;
    const ratio = Math.exp(logProb - (oldLogProbs[t] ?? NaN));
    const free = -advantage * ratio;
    const clipped = -advantage * clamp(ratio, 1 - clipRange, 1 + clipRange);
    loss += Math.max(free, clipped) / n;
    return free >= clipped ? free / n : 0;
  });
  return { loss, grad };
}

/** See `ppoValueLoss`. */
export function referenceValueLoss(
  values: readonly number[],
  oldValues: readonly number[],
  returns: readonly number[],
  clipRange: number,
): LossWithGradient {
  const n = values.length;
  let loss = 0;
  const grad = values.map((value, t) => {
    const [old, target] = [oldValues[t] ?? NaN, returns[t] ?? NaN];
    const error = value - target;
    const clippedError = clamp(value, old - clipRange, old + clipRange) - target;
    loss += (0.5 * Math.max(error ** 2, clippedError ** 2)) / n;
    return error ** 2 >= clippedError ** 2 ? error / n : 0;
  });
  return { loss, grad };
}

export interface UpdateStatistics {
  ratios: number[];
  /** Share of tokens whose clipped term is the larger. */
  clipFraction: number;
  /** ½ mean (log ρ)². */
  approxKl: number;
  /** mean (log π_old - log π_θ): k1, seen from the old policy. */
  policyKl: number;
}

/**
 * What is shown beside a policy update. Means are over the tokens that count; TRL 1.12 takes `approxKl` over padding
 * too, where log ρ is 0, so that padding dilutes it: give `approxKlCount` for its values.
 */
export function referenceUpdateStatistics(
  logProbs: readonly number[],
  oldLogProbs: readonly number[],
  advantages: readonly number[],
  { clipRange, approxKlCount = logProbs.length }: { clipRange: number; approxKlCount?: number },
): UpdateStatistics {
  const logRatios = logProbs.map((logProb, t) => logProb - (oldLogProbs[t] ?? NaN));
  const ratios = logRatios.map(Math.exp);
  const clipped = ratios.filter((ratio, t) => {
    const advantage = advantages[t] ?? NaN;
    return -advantage * clamp(ratio, 1 - clipRange, 1 + clipRange) > -advantage * ratio;
  });
  const n = logRatios.length;
  return {
    ratios,
    clipFraction: clipped.length / n,
    approxKl: logRatios.reduce((sum, lr) => sum + 0.5 * lr * lr, 0) / approxKlCount,
    policyKl: logRatios.reduce((sum, lr) => sum - lr, 0) / n,
  };
}

/** Share of values whose clipped error is the larger. */
export function referenceValueClipFraction(
  values: readonly number[],
  oldValues: readonly number[],
  returns: readonly number[],
  clipRange: number,
): number {
  const clipped = values.filter((value, t) => {
    const [old, target] = [oldValues[t] ?? NaN, returns[t] ?? NaN];
    return (clamp(value, old - clipRange, old + clipRange) - target) ** 2 > (value - target) ** 2;
  });
  return clipped.length / values.length;
}

/** PPO with pretraining mixed in (Ouyang et al. 2022, eq. 2): the loss plus γ times the cross-entropy of its texts. */
export function withPretraining(ppoLoss: number, crossEntropy: number, gamma: number): number {
  return ppoLoss + gamma * crossEntropy;
}

function clamp(x: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, x));
}
