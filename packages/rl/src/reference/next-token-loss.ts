// The loss of supervised training in float64, with its gradient in closed form.

import { logSoftmax } from './distributions.ts';

export interface ReferenceSequence {
  readonly ids: readonly number[];
  /** Where the completion begins. */
  readonly start: number;
  /** 1 by default. */
  readonly weight?: number;
  /** [T][V]: the state at t predicts the token at t + 1. */
  readonly logits: readonly (readonly number[])[];
}

/**
 *   L = - Σ_i w_i Σ_t log softmax(z_i,t-1)[y_it] / Σ_i w_i |y_i|
 *
 * `grad` is with respect to the logits, 0 where nothing of the completion is predicted:
 *
 *   dL/dz = w_i / Σ w |y| · (softmax(z) - onehot(y))
 */
export function referenceNextTokenLoss(sequences: readonly ReferenceSequence[]): {
  loss: number;
  grad: number[][][];
} {
  const total = sequences.reduce((sum, { ids, start, weight = 1 }) => sum + weight * (ids.length - start), 0);
  let loss = 0;
  const grad = sequences.map(({ ids, start, weight = 1, logits }) =>
    logits.map((row, t) => {
      const target = ids[t + 1];
      if (t + 1 < start || target === undefined) return row.map(() => 0);
      const logProbs = logSoftmax(row);
      loss -= (weight / total) * (logProbs[target] ?? NaN);
      return logProbs.map((logProb, v) => (weight / total) * (Math.exp(logProb) - (v === target ? 1 : 0)));
    }),
  );
  return { loss, grad };
}
