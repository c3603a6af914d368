// Where each token of a padded batch stands.

import * as tf from '@tensorflow/tfjs-core';

/** mask [B, T], 1 = real -> positions [B, T] float: real tokens count from 0; padding before them is at 0 too. */
export function positionsOf(realTokens: tf.Tensor): tf.Tensor {
  return tf.relu(tf.sub(tf.cumsum(realTokens, 1), 1));
}
