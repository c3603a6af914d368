// The losses of KTO in float64, with their gradients in closed form.

import { assertBeta, type KtoObjective } from '../losses/kto-loss.ts';
import { sigmoid } from './pair-loss.ts';

export interface ReferenceKtoInput {
  /** [B][T] */
  readonly tokenLogProbs: readonly (readonly number[])[];
  readonly mask: readonly (readonly number[])[];
  /** [B], sums. */
  readonly refLogProbs: readonly number[];
  /** 1 good, -1 bad [B]. */
  readonly sides: readonly number[];
  /** λ_i w_i / Σ w [B] */
  readonly weights: readonly number[];
  /** z₀ */
  readonly baseline: number;
}

export interface ReferenceKto {
  loss: number;
  /** β r_i [B]: the implicit rewards. */
  rewards: number[];
  /** With respect to each token's log-probability. */
  grad: number[][];
}

/** See `ktoLoss`. With x = -s β (r - z₀): dL/dr = Σ w σ(x) (1 - σ(x)) · (-s β). */
export function referenceKtoLoss(input: ReferenceKtoInput, { loss, beta }: KtoObjective): ReferenceKto {
  assertBeta(beta);
  const { tokenLogProbs, mask, refLogProbs, sides, weights } = input;
  const baseline = loss === 'kto' ? input.baseline : 0;
  const ratios = tokenLogProbs.map(
    (row, i) => row.reduce((sum, lp, t) => sum + lp * (mask[i]?.[t] ?? 0), 0) - (refLogProbs[i] ?? NaN),
  );
  const wrong = ratios.map((ratio, i) => sigmoid(-(sides[i] ?? NaN) * beta * (ratio - baseline)));
  return {
    loss: wrong.reduce((sum, value, i) => sum + (weights[i] ?? NaN) * value, 0),
    rewards: ratios.map((ratio) => beta * ratio),
    grad: mask.map((row, i) => {
      const value = wrong[i] ?? NaN;
      const slope = -(weights[i] ?? NaN) * (sides[i] ?? NaN) * beta * value * (1 - value);
      return row.map((m) => m * slope);
    }),
  };
}

/** z₀ of log-ratios of mismatched outputs; see `klBaseline`. */
export function referenceKlBaseline(logRatios: readonly number[]): number {
  return Math.max(0, logRatios.reduce((sum, ratio) => sum + ratio, 0) / logRatios.length);
}
