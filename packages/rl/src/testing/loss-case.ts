// A loss with what is known of it at some place, and small helpers of those who list such losses.

import * as tf from '@tensorflow/tfjs-core';

export type Rows = readonly (readonly number[])[];

export interface LossCase {
  readonly name: string;
  /** What the loss is differentiated by. */
  readonly at: readonly number[];
  readonly lossOf: (at: tf.Tensor1D) => tf.Scalar;
  readonly loss: number;
  readonly grad: readonly number[];
  /** 0 where a number is padding: its gradient has to be exactly 0. */
  readonly mask?: readonly number[];
  /** 1 where the number lies on a corner of its clipping, where float32 may take either slope. */
  readonly corners?: readonly number[];
}

export const shapeOf = (rows: Rows): [number, number] => [rows.length, rows[0]?.length ?? 0];
export const matrix = (rows: Rows): tf.Tensor2D => tf.tensor2d(rows.flat(), shapeOf(rows));
export const vector = (values: readonly number[]): tf.Tensor1D => tf.tensor1d([...values]);
