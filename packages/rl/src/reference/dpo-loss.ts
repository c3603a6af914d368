// The losses of direct preference optimisation in float64, with their gradients in closed form.

import { assertObjective, lengthsOf, type DpoObjective } from '../losses/dpo-loss.ts';
import { sigmoid, softplus } from './pair-loss.ts';

export interface ReferenceDpoInput {
  /** [2P][T]: preferred outputs, then the others. */
  readonly tokenLogProbs: readonly (readonly number[])[];
  readonly mask: readonly (readonly number[])[];
  /** [2P], sums. */
  readonly refLogProbs: readonly number[];
  /** [P], adding up to 1; equal by default. */
  readonly pairWeights?: readonly number[];
}

export interface ReferenceDpo {
  loss: number;
  /** f(h_p) [P] */
  perPair: number[];
  /** β (log π_θ - log π_ref), sums, [2P]: the implicit rewards. */
  rewards: number[];
  /** With respect to each token's log-probability. */
  grad: number[][];
}

/** See `dpoLoss`. */
export function referenceDpoLoss(input: ReferenceDpoInput, objective: DpoObjective): ReferenceDpo {
  assertObjective(objective);
  const { tokenLogProbs, mask, refLogProbs } = input;
  const P = tokenLogProbs.length / 2;
  const scales = mask.map((row) =>
    lengthsOf(objective) === 'mean' ? 1 / row.reduce((sum, m) => sum + m, 0) : 1,
  );
  const sums = tokenLogProbs.map(
    (row, i) => row.reduce((sum, lp, t) => sum + lp * (mask[i]?.[t] ?? 0), 0) - (refLogProbs[i] ?? NaN),
  );
  const ratios = sums.map((sum, i) => sum * (scales[i] ?? NaN));
  const slopes = new Array<number>(2 * P).fill(0);
  let loss = 0;
  const perPair = Array.from({ length: P }, (_, p) => {
    const weight = input.pairWeights?.[p] ?? 1 / P;
    const { value, slope } = lossOfGap((ratios[p] ?? NaN) - (ratios[p + P] ?? NaN), objective);
    loss += weight * value;
    slopes[p] = weight * slope * (scales[p] ?? NaN);
    slopes[p + P] = -weight * slope * (scales[p + P] ?? NaN);
    return value;
  });
  return {
    loss,
    perPair,
    rewards: sums.map((sum) => objective.beta * sum),
    grad: mask.map((row, i) => row.map((m) => m * (slopes[i] ?? NaN))),
  };
}

/** f(h) and f'(h). */
export function lossOfGap(h: number, { loss, beta, labelSmoothing: eps = 0 }: DpoObjective) {
  const [agreed, flipped] = [softplus(-beta * h), softplus(beta * h)];
  // softplus'(x) = σ(x)
  const [agreedSlope, flippedSlope] = [-beta * sigmoid(-beta * h), beta * sigmoid(beta * h)];
  switch (loss) {
    case 'sigmoid':
      return {
        value: (1 - eps) * agreed + eps * flipped,
        slope: (1 - eps) * agreedSlope + eps * flippedSlope,
      };
    case 'robust':
      return {
        value: ((1 - eps) * agreed - eps * flipped) / (1 - 2 * eps),
        slope: ((1 - eps) * agreedSlope - eps * flippedSlope) / (1 - 2 * eps),
      };
    case 'hinge':
      return { value: Math.max(0, 1 - beta * h), slope: beta * h < 1 ? -beta : 0 };
    case 'ipo':
      return { value: (h - 1 / (2 * beta)) ** 2, slope: 2 * (h - 1 / (2 * beta)) };
  }
}
