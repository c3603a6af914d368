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

/**
 * Draws of one output from among several: L = Σ_d w_d [ log Σ_{j in d} exp(r_j) - r_winner(d) ]. The draws of a full
 * ranking, each of weight 1, give Plackett and Luce.
 */
export function referenceDrawLoss(
  scores: readonly number[],
  draws: readonly { readonly winner: number; readonly others: readonly number[]; readonly weight: number }[],
): LossWithGradient {
  const grad = scores.map(() => 0);
  let loss = 0;
  for (const { winner, others, weight } of draws) {
    const present = [winner, ...others];
    const logSum = logSumExp(present.map((j) => scores[j] ?? NaN));
    loss += weight * (logSum - (scores[winner] ?? NaN));
    for (const j of present) {
      const chance = Math.exp((scores[j] ?? NaN) - logSum);
      grad[j] = (grad[j] ?? 0) + weight * (chance - (j === winner ? 1 : 0));
    }
  }
  return { loss, grad };
}

/** Ratings: L = Σ_m w_m (r_m - y_m)². */
export function referenceRatingLoss(
  scores: readonly number[],
  ratings: readonly { readonly place: number; readonly target: number; readonly weight: number }[],
): LossWithGradient {
  const grad = scores.map(() => 0);
  let loss = 0;
  for (const { place, target, weight } of ratings) {
    const error = (scores[place] ?? NaN) - target;
    loss += weight * error * error;
    grad[place] = (grad[place] ?? 0) + 2 * weight * error;
  }
  return { loss, grad };
}
