// Rows of token ids as the tensors that a model takes.

import * as tf from '@tensorflow/tfjs-core';

/** Lengths are rounded up to this, so that few shapes occur. */
const LENGTH_STEP = 8;

export interface TokenBatch {
  /** [B, T] int32, padded on the right. */
  readonly ids: tf.Tensor2D;
  /** [B, T], 1 for real tokens. */
  readonly mask: tf.Tensor2D;
  readonly T: number;
}

/** The caller disposes, or calls inside a tidy. */
export function batchRows(rows: readonly (readonly number[])[], nPositions: number): TokenBatch {
  const B = rows.length;
  const longest = rows.reduce((most, row) => Math.max(most, row.length), 0);
  if (longest > nPositions) {
    throw new Error(`A text of ${longest} tokens does not fit a model of ${nPositions} positions.`);
  }
  const T = Math.min(nPositions, Math.ceil(longest / LENGTH_STEP) * LENGTH_STEP);
  const ids = new Int32Array(B * T);
  const mask = new Float32Array(B * T);
  rows.forEach((row, b) => {
    ids.set(row, b * T);
    mask.fill(1, b * T, b * T + row.length);
  });
  return { ids: tf.tensor2d(ids, [B, T], 'int32'), mask: tf.tensor2d(mask, [B, T]), T };
}
