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

function clamp(x: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, x));
}
