// tf.customGrad types its arguments as `Tensor | GradSaveFunc` and hands saved tensors over as an array; these narrow
// them, loudly.

import * as tf from '@tensorflow/tfjs-core';

export function asTensor(value: tf.Tensor | tf.GradSaveFunc | undefined): tf.Tensor {
  if (!(value instanceof tf.Tensor)) throw new Error('expected a tensor');
  return value;
}
export function asSave(value: tf.Tensor | tf.GradSaveFunc | undefined): tf.GradSaveFunc {
  if (typeof value !== 'function') throw new Error('expected the save function');
  return value;
}
export function one([a]: tf.Tensor[]): tf.Tensor {
  return asTensor(a);
}
export function pair([a, b]: tf.Tensor[]): [tf.Tensor, tf.Tensor] {
  return [asTensor(a), asTensor(b)];
}
export function triple([a, b, c]: tf.Tensor[]): [tf.Tensor, tf.Tensor, tf.Tensor] {
  return [asTensor(a), asTensor(b), asTensor(c)];
}
