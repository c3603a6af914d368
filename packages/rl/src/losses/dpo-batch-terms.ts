// The losses of direct preference optimisation in which a pair's part depends on the other pairs of the batch.

import * as tf from '@tensorflow/tfjs-core';
import { asTensor } from '../engine/custom-grad.ts';
import { smoothedLoss, type PairSettings } from './dpo-pair-terms.ts';

/**
 * Alignment by optimal transport (Melnyk et al. 2024): not every u_i is to be above its own v_i, but the distribution of
 * the u above that of the v, quantile by quantile,
 *
 *   L = Σ_ij γ_ij f(u_i - v_j)
 *
 * with f as for `sigmoid` and γ the transport between the two that keeps their order. With equal weights γ pairs both
 * lists after sorting, which is how the paper and TRL write it. Weights are cut where quantiles meet, so that a pair of
 * weight 2 counts as the pair given twice, and one of weight 0 not at all.
 *
 * @param u [P] · @param v [P] · @param weights w [P] of both, >= 0, adding up to 1
 */
export function transportLoss(
  u: tf.Tensor,
  v: tf.Tensor,
  weights: tf.Tensor1D,
  settings: PairSettings,
): tf.Tensor {
  const P = weights.size;
  const leads = tf.sub(tf.reshape(u, [P, 1]), tf.reshape(v, [1, P])); // [P, P]
  return tf.sum(tf.mul(orderedTransport(u, v, weights), smoothedLoss(leads, settings)));
}

/**
 * γ [P, P]: the overlap of the intervals that u_i and v_j take on [0, 1] when either list is laid out in order,
 *
 *   A_i = Σ_k w_k [u_k before u_i, or k = i]            u_i takes (A_i - w_i, A_i], v_j likewise (B_j - w_j, B_j]
 *   γ_ij = max(0, min(A_i, B_j) - max(A_i - w_i, B_j - w_j))
 *
 * It needs no sorting, which wasm has no kernel for. Constant wherever no two values change places, so its gradient is 0.
 */
function orderedTransport(u: tf.Tensor, v: tf.Tensor, weights: tf.Tensor1D): tf.Tensor {
  const P = weights.size;
  const transport = tf.customGrad((uIn, vIn) => {
    const ends = [uIn, vIn].map((values) => quantileEnds(asTensor(values), weights));
    const [endsOfU, endsOfV] = [tf.reshape(asTensor(ends[0]), [P, 1]), tf.reshape(asTensor(ends[1]), [1, P])];
    const startsOfU = tf.sub(endsOfU, tf.reshape(weights, [P, 1]));
    const startsOfV = tf.sub(endsOfV, tf.reshape(weights, [1, P]));
    const overlap = tf.sub(tf.minimum(endsOfU, endsOfV), tf.maximum(startsOfU, startsOfV));
    return {
      value: tf.relu(overlap), // [P, P]
      gradFunc: () => [tf.zeros([P]), tf.zeros([P])],
    };
  });
  return transport(tf.reshape(u, [P]), tf.reshape(v, [P]));
}

/** A [P]: equal values keep the order of the list. */
function quantileEnds(values: tf.Tensor, weights: tf.Tensor1D): tf.Tensor {
  const P = weights.size;
  const upTo = new Float32Array(P * P);
  for (let i = 0; i < P; i++) upTo.fill(1, i * P, i * P + i + 1);
  const [own, other] = [tf.reshape(values, [P, 1]), tf.reshape(values, [1, P])];
  const isBelow = tf.cast(tf.less(other, own), 'float32'); // [P, P]
  const isLevel = tf.cast(tf.equal(other, own), 'float32');
  const counts = tf.add(isBelow, tf.mul(isLevel, tf.tensor2d(upTo, [P, P])));
  return tf.sum(tf.mul(counts, tf.reshape(weights, [1, P])), 1);
}

/**
 * -log π_θ of a token of the preferred outputs, averaged over all of them: what supervised training on them minimises.
 *
 *   L = - Σ_p w_p Σ_t log π_θ(y_t) / Σ_p w_p |y_p|
 *
 * @param tokenLogProbs [2P, T], preferred outputs first · @param mask [2P, T] · @param weights w [P]
 */
export function preferredTokenLoss(
  tokenLogProbs: tf.Tensor2D,
  mask: tf.Tensor2D,
  weights: tf.Tensor1D,
): tf.Tensor {
  const [P, T] = [weights.size, mask.shape[1]];
  const counts = tf.mul(tf.slice(mask, [0, 0], [P, T]), tf.reshape(weights, [P, 1])); // [P, T]
  const logProbs = tf.slice(tokenLogProbs, [0, 0], [P, T]);
  return tf.neg(tf.div(tf.sum(tf.mul(logProbs, counts)), tf.sum(counts)));
}
