// log(1 + exp(x)), which the losses over pairs are made of: -log σ(x) = softplus(-x).

import * as tf from '@tensorflow/tfjs-core';
import { asSave, asTensor } from '../engine/custom-grad.ts';

/**
 * log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)), with derivative σ(x): neither overflows. wasm has no softplus
 * kernel.
 */
export const softplus = tf.customGrad((xIn, save) => {
  const x = asTensor(xIn);
  asSave(save)([x]);
  return {
    value: tf.add(tf.relu(x), tf.log(tf.add(1, tf.exp(tf.neg(tf.abs(x)))))),
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
      saved.slice(0, 1).map((input) => tf.mul(dy, tf.sigmoid(input))),
  };
});
