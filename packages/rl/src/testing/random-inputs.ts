// Losses on random inputs: how they are drawn, evaluated on the engine, and compared.

import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect } from 'vitest';
import './to-be-all-close.ts';

export const RUNS = { numRuns: 40, seed: 1 };
/** float32 against float64. */
export const close = { atol: 2e-5, rtol: 1e-4 };

export type Vector = readonly number[];
export interface Graded {
  loss: number;
  grad: number[];
}

/** A loss with its gradient on the engine. */
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

/** What float32 holds, so that both sides see the same numbers. */
export const number = (low: number, high: number) =>
  fc.float({ min: Math.fround(low), max: Math.fround(high), noNaN: true, noDefaultInfinity: true });
export const vector = (length: number, low: number, high: number) =>
  fc.array(number(low, high), { minLength: length, maxLength: length });

/** Exactly 0, not nearly: what does not count moves nothing. */
export function expectNoGradientAt(mask: Vector, { grad }: Graded): void {
  expect(grad.filter((g, t) => mask[t] === 0 && g !== 0)).toEqual([]);
}
