// The loss over ratings: a score is to be the rating itself (Ziegler et al. 2019's scalar labels).

import * as tf from '@tensorflow/tfjs-core';
import { embed } from '../engine/ops.ts';

export interface RatingLossInput {
  /** r [N], differentiable. */
  readonly scores: tf.Tensor1D;
  /** Places of the rated scores [M] int32. */
  readonly places: tf.Tensor1D;
  /** y [M] */
  readonly targets: tf.Tensor1D;
  /** w [M]; 0 for padding, else they add up to 1. */
  readonly weights: tf.Tensor1D;
}

/** L = Σ_m w_m (r_m - y_m)² */
export function ratingLossOf({ scores, places, targets, weights }: RatingLossInput): tf.Scalar {
  return tf.tidy(() => {
    const column = tf.reshape(scores, [scores.size, 1]); // [N, 1]
    const rated = tf.reshape(embed(column, places), [targets.size]); // [M]
    return tf.reshape(tf.sum(tf.mul(weights, tf.square(tf.sub(rated, targets)))), []);
  });
}
