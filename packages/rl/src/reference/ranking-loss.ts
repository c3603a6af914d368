// Losses over whole rankings in float64, with gradients: alternatives to pairs for a reward model.

import type { LossWithGradient } from './pair-loss.ts';

/** log Σ exp(x) without overflow. */
export function logSumExp(x: readonly number[]): number {
  const top = Math.max(...x);
  return top + Math.log(x.reduce((sum, value) => sum + Math.exp(value - top), 0));
}

/**
 * Plackett and Luce: the chance of drawing the outputs in this order, best first, when each draw is a softmax over
 * those that are left. Only the first `topK` draws count; the last one is certain.
 *
 *   L = Σ_{i < topK} [ log Σ_{j >= i} exp(r_j) - r_i ]
 *
 * @param scores r, best to worst
 */
export function referencePlackettLuceLoss(
  scores: readonly number[],
  topK: number = scores.length,
): LossWithGradient {
  const grad = scores.map(() => 0);
  let loss = 0;
  for (let i = 0; i < Math.min(topK, scores.length); i++) {
    const left = scores.slice(i);
    const logSum = logSumExp(left);
    loss += logSum - (scores[i] ?? NaN);
    left.forEach((score, j) => (grad[i + j] = (grad[i + j] ?? 0) + Math.exp(score - logSum)));
    grad[i] = (grad[i] ?? 0) - 1;
  }
  return { loss, grad };
}

/**
 * Cross-entropy of the softmax over scores against weights: one output picked as the best has weight 1 (Ziegler et
 * al. 2019, eq. 1).
 *
 *   L = Σ_i w_i (log Σ_j exp(r_j) - r_i)
 */
export function referencePickBestLoss(
  scores: readonly number[],
  weights: readonly number[],
): LossWithGradient {
  const logSum = logSumExp(scores);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return {
    loss: scores.reduce((sum, score, i) => sum + (weights[i] ?? 0) * (logSum - score), 0),
    grad: scores.map((score, i) => total * Math.exp(score - logSum) - (weights[i] ?? 0)),
  };
}

/** Open-Assistant's pull of both scores of a pair towards 0: c · ½ (r_better² + r_worse²). */
export function scorePull(better: number, worse: number, c: number): number {
  return c * 0.5 * (better * better + worse * worse);
}
