// The reward model's loss in float64, with its gradient in closed form.

import type { ScorePair } from '../losses/pair-loss.ts';

export interface LossWithGradient {
  loss: number;
  /** With respect to each score. */
  grad: number[];
}

/** log(1 + exp(x)) without overflow: max(x, 0) + log1p(exp(-|x|)). */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

export function sigmoid(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}

/**
 *   L = Σ_p w_p · [ softplus(-(r_better - r_worse - m_p)) + c (r_better + r_worse)² ]
 *
 * @param scores r · @param centering c
 */
export function referencePairLoss(
  scores: readonly number[],
  pairs: readonly ScorePair[],
  centering = 0,
): LossWithGradient {
  const grad = scores.map(() => 0);
  let loss = 0;
  for (const { better, worse, weight, margin } of pairs) {
    const [rBetter, rWorse] = [scores[better] ?? NaN, scores[worse] ?? NaN];
    const gap = rBetter - rWorse - margin;
    const sum = rBetter + rWorse;
    loss += weight * (softplus(-gap) + centering * sum * sum);
    // d softplus(-gap) / d gap = -σ(-gap)
    const pull = -weight * sigmoid(-gap);
    const centre = 2 * weight * centering * sum;
    grad[better] = (grad[better] ?? 0) + pull + centre;
    grad[worse] = (grad[worse] ?? 0) - pull + centre;
  }
  return { loss, grad };
}
