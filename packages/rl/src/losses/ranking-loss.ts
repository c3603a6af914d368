// Losses over whole rankings: alternatives to ordered pairs for a reward model.

import * as tf from '@tensorflow/tfjs-core';

/** Added to the scores of outputs that are no longer there; far below any score, and still a number. */
const GONE = -1e9;

/**
 * Plackett and Luce over one ranking, best first:
 *
 *   L = Σ_{i < topK} [ log Σ_{j >= i} exp(r_j) - r_i ]
 *
 * Each term is the cross-entropy of drawing output i out of those that are left, so that a row of the matrix
 *
 *   M_ij = r_j  where j >= i, gone elsewhere
 *
 * under log-softmax holds it on the diagonal. Ties have no order and cannot enter: use pairs for them.
 *
 * @param scores r [K], best to worst, differentiable
 * @param topK how many places count, 1 is picking the best; all by default
 */
export function plackettLuceLoss(scores: tf.Tensor1D, topK: number = scores.size): tf.Scalar {
  const K = scores.size;
  if (K === 0 || topK < 1) throw new Error(`A ranking of ${K} outputs has no first ${topK} places.`);
  const isGone = Array.from({ length: K }, (_, i) =>
    Array.from({ length: K }, (__, j) => (j < i ? GONE : 0)),
  );
  const isCounted = Array.from({ length: K }, (_, i) =>
    Array.from({ length: K }, (__, j) => (i === j && i < topK ? -1 : 0)),
  );
  return tf.tidy(() => {
    const left = tf.add(tf.reshape(scores, [1, K]), tf.tensor2d(isGone, [K, K])); // [K, K]
    const logProbs = tf.logSoftmax(left); // [K, K]
    return tf.reshape(tf.sum(tf.mul(logProbs, tf.tensor2d(isCounted, [K, K]))), []);
  });
}

/**
 * Cross-entropy of the softmax over the outputs of one prompt against weights, 1 for the one that was picked as best
 * (Ziegler et al. 2019, eq. 1):
 *
 *   L = -Σ_i w_i log softmax(r)_i
 *
 * @param scores r [K], differentiable · @param weights w [K], >= 0
 */
export function pickBestLoss(scores: tf.Tensor1D, weights: readonly number[]): tf.Scalar {
  const K = scores.size;
  if (weights.length !== K) throw new Error(`There are ${K} scores and ${weights.length} weights.`);
  return tf.tidy(() => {
    const logProbs = tf.logSoftmax(tf.reshape(scores, [1, K])); // [1, K]
    return tf.neg(tf.reshape(tf.sum(tf.mul(logProbs, tf.tensor2d([...weights], [1, K]))), []));
  });
}
