// The loss over draws: one output taken from among several, as in Plackett-Luce and pick-best.

import * as tf from '@tensorflow/tfjs-core';
import { embed } from '../engine/ops.ts';

/** Added to the scores of outputs that are not there; far below any score, and still a number. */
const GONE = 1e9;

export interface DrawLossInput {
  /** r [N], differentiable. */
  readonly scores: tf.Tensor1D;
  /** Places of the scores in each draw [D · K] int32: the one that was taken, then those that it was taken from. */
  readonly places: tf.Tensor1D;
  /** 1 for outputs of the draw, 0 for padding [D, K]. */
  readonly isThere: tf.Tensor2D;
  /** w [D]; 0 for padding, else they add up to 1. */
  readonly weights: tf.Tensor1D;
}

/**
 *   L = Σ_d w_d [ log Σ_{j in d} exp(r_j) - r_winner(d) ]
 *
 * A draw from two is the Bradley-Terry loss of a pair. Over the draws of one full ranking, each with weight 1, it is
 * Plackett and Luce's negative log-likelihood (`plackettLuceLoss`); over the first alone, `pickBestLoss`.
 */
export function drawLossOf({ scores, places, isThere, weights }: DrawLossInput): tf.Scalar {
  const [D, K] = isThere.shape;
  return tf.tidy(() => {
    const column = tf.reshape(scores, [scores.size, 1]); // [N, 1]
    const drawn = tf.reshape(embed(column, places), [D, K]);
    const present = tf.add(drawn, tf.mul(GONE, tf.sub(isThere, 1))); // [D, K]
    const taken = tf.slice(tf.logSoftmax(present), [0, 0], [D, 1]); // [D, 1]
    return tf.neg(tf.reshape(tf.sum(tf.mul(weights, tf.reshape(taken, [D]))), []));
  });
}
