// PPO's clipped losses (Schulman et al. 2017, eq. 7; the clipped value loss as in OpenAI baselines), over a flat
// list of tokens. Gradients are in closed form: max and clip would record a dozen kernels each.

import * as tf from '@tensorflow/tfjs-core';

export interface PolicyLossInput {
  /** log π_θ(a_t) [N], differentiable. */
  readonly logProbs: tf.Tensor1D;
  /** log π_old(a_t) [N]. */
  readonly oldLogProbs: tf.Tensor1D;
  /** A_t [N]. */
  readonly advantages: tf.Tensor1D;
  /** 1 for tokens that count, 0 for padding [N]. */
  readonly mask: tf.Tensor1D;
  /** ε > 0 */
  readonly clipRange: number;
}

/**
 *   ρ_t = exp(log π_θ(a_t) - log π_old(a_t))
 *   L   = mean over t of max(-A_t ρ_t, -A_t clip(ρ_t, 1 - ε, 1 + ε))
 *
 * dL/d log π_θ(a_t) = -A_t ρ_t / n where the first term is the larger (or they are equal), else 0: the clipped term
 * is constant wherever it is strictly larger.
 */
export function ppoPolicyLoss(input: PolicyLossInput): tf.Scalar {
  const { oldLogProbs, advantages, mask, clipRange } = input;
  assertSameLength('ppoPolicyLoss', [input.logProbs, oldLogProbs, advantages, mask]);
  const lossOf = tf.customGrad((logProbsIn, save) => {
    const [logProbs, keep] = tensorAndSave(logProbsIn, save);
    const weights = tf.div(mask, tf.sum(mask)); // [N]
    const ratios = tf.exp(tf.mul(tf.sub(logProbs, oldLogProbs), mask)); // padding: exp(0)
    const free = tf.neg(tf.mul(advantages, ratios));
    const clipped = tf.neg(tf.mul(advantages, tf.clipByValue(ratios, 1 - clipRange, 1 + clipRange)));
    const freeIsLarger = tf.cast(tf.greaterEqual(free, clipped), 'float32');
    keep([tf.mul(tf.mul(free, freeIsLarger), weights)]);
    return {
      value: tf.sum(tf.mul(tf.maximum(free, clipped), weights)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => saved.slice(0, 1).map((slope) => tf.mul(dy, slope)),
    };
  });
  return tf.reshape(lossOf(input.logProbs), []);
}

export interface ValueLossInput {
  /** V_θ(s_t) [N], differentiable. */
  readonly values: tf.Tensor1D;
  /** V_old(s_t) [N]. */
  readonly oldValues: tf.Tensor1D;
  /** R_t [N]: the targets. */
  readonly returns: tf.Tensor1D;
  readonly mask: tf.Tensor1D;
  /** ε_v > 0 */
  readonly clipRange: number;
}

/**
 *   V_clip = clip(V_θ, V_old - ε_v, V_old + ε_v)
 *   L = ½ mean over t of max((V_θ - R_t)², (V_clip - R_t)²)
 *
 * dL/dV_θ = (V_θ - R_t) / n where the first term is the larger (or they are equal), else 0.
 */
export function ppoValueLoss(input: ValueLossInput): tf.Scalar {
  const { oldValues, returns, mask, clipRange } = input;
  assertSameLength('ppoValueLoss', [input.values, oldValues, returns, mask]);
  const lossOf = tf.customGrad((valuesIn, save) => {
    const [values, keep] = tensorAndSave(valuesIn, save);
    const weights = tf.div(mask, tf.sum(mask)); // [N]
    const error = tf.sub(values, returns);
    // Bounds around the old value, not a clipped difference added to it: inside them V_clip has to be V to the last bit,
    // or rounding decides which of two equal terms is the larger, and so whether the token has a gradient.
    const bounded = tf.minimum(
      tf.maximum(values, tf.sub(oldValues, clipRange)),
      tf.add(oldValues, clipRange),
    );
    const clippedError = tf.sub(bounded, returns);
    const [free, clipped] = [tf.square(error), tf.square(clippedError)];
    const freeIsLarger = tf.cast(tf.greaterEqual(free, clipped), 'float32');
    keep([tf.mul(tf.mul(error, freeIsLarger), weights)]);
    return {
      value: tf.mul(0.5, tf.sum(tf.mul(tf.maximum(free, clipped), weights))),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => saved.slice(0, 1).map((slope) => tf.mul(dy, slope)),
    };
  });
  return tf.reshape(lossOf(input.values), []);
}

function assertSameLength(name: string, tensors: readonly tf.Tensor[]): void {
  const lengths = tensors.map((tensor) => tensor.size);
  if (tensors.some((tensor) => tensor.rank !== 1) || new Set(lengths).size !== 1) {
    throw new Error(`${name} needs vectors of one length, not ${lengths.join(', ')}.`);
  }
}

function tensorAndSave(
  tensor: tf.Tensor | tf.GradSaveFunc | undefined,
  save: tf.Tensor | tf.GradSaveFunc | undefined,
): [tf.Tensor, tf.GradSaveFunc] {
  if (!(tensor instanceof tf.Tensor) || typeof save !== 'function') throw new Error('expected a tensor');
  return [tensor, save];
}
