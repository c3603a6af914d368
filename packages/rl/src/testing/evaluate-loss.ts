// Losses with their gradients on the engine, and how they are compared with references.

import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import './to-be-all-close.ts';

/** float32 against float64. */
export const close = { atol: 2e-5, rtol: 1e-4 };

export type Vector = readonly number[];
export interface Graded {
  loss: number;
  grad: number[];
}

/** Of a loss by a list of numbers. */
export function evaluate(x: Vector, lossOf: (x: tf.Tensor1D) => tf.Scalar): Graded {
  const { value, grad } = tf.valueAndGrad((t) => lossOf(tf.reshape(t, [x.length])))(tf.tensor1d([...x]));
  const graded = { loss: value.dataSync()[0] ?? NaN, grad: Array.from(grad.dataSync()) };
  tf.dispose([value, grad]);
  return graded;
}

export function expectSame(got: Graded, expected: Graded): void {
  expect(got.loss).toBeAllClose(expected.loss, close);
  expect(got.grad).toBeAllClose(expected.grad, close);
}

export const isFinite = ({ loss, grad }: Graded) => Number.isFinite(loss) && grad.every(Number.isFinite);

/** Exactly 0, not nearly: what does not count moves nothing. */
export function expectNoGradientAt(mask: Vector, { grad }: Graded): void {
  expect(grad.filter((g, t) => mask[t] === 0 && g !== 0)).toEqual([]);
}
