// Learning from single outputs that people called good or bad (Ethayarajh et al. 2024).

import * as tf from '@tensorflow/tfjs-core';

export type KtoLossName = 'kto' | 'apo-zero';

export interface KtoObjective {
  /** See `ktoLoss`. */
  readonly loss: KtoLossName;
  /** β > 0: how strongly the policy is held to the reference. */
  readonly beta: number;
}

export interface KtoLossInput {
  /** log π_θ of each token [B, T], differentiable. */
  readonly tokenLogProbs: tf.Tensor2D;
  /** 1 for tokens of the output, 0 for prompt and padding [B, T]. */
  readonly mask: tf.Tensor2D;
  /** log π_ref of each whole output [B]. */
  readonly refLogProbs: tf.Tensor1D;
  /** 1 where people called the output good, -1 where they called it bad [B]. */
  readonly sides: tf.Tensor1D;
  /** λ_i w_i / Σ w [B], 0 for padding: see `ktoWeights`. */
  readonly weights: tf.Tensor1D;
  /** z₀, one number that no gradient flows through; see `klBaseline`. Not used by apo-zero. */
  readonly baseline: tf.Tensor;
}

/**
 *   r_i = Σ_t log π_θ(y_t) - log π_ref(y)
 *   L   = Σ_i λ_i w_i / Σ w · [ 1 - σ(± β (r_i - z₀)) ]       + for good outputs, - for bad ones
 *
 *   kto        z₀ = max(0, mean KL estimate): what the policy has moved in all, so that one that writes everything more
 *              often gains nothing (Ethayarajh et al. 2024, eq. 8)
 *   apo-zero   z₀ = 0: good outputs become likelier and bad ones less likely than under the reference (D'Oosterlinck et
 *              al. 2024; TRL's apo_zero_unpaired)
 *
 * @throws if β is not above 0 or the shapes do not fit
 */
export function ktoLoss(input: KtoLossInput, { loss, beta }: KtoObjective): tf.Scalar {
  assertShapes(input);
  assertBeta(beta);
  const { tokenLogProbs, mask, refLogProbs, sides, weights, baseline } = input;
  return tf.tidy(() => {
    const ratios = tf.sub(tf.sum(tf.mul(tokenLogProbs, mask), 1), refLogProbs); // [B]
    const leads = loss === 'kto' ? tf.sub(ratios, baseline) : ratios; // [B]
    // 1 - σ(x) = σ(-x), which does not lose its digits where σ(x) is near 1.
    const losses = tf.sigmoid(tf.mul(tf.mul(-beta, sides), leads)); // [B]
    return tf.reshape(tf.sum(tf.mul(weights, losses)), []);
  });
}

/**
 *   z₀ = max(0, Σ_j v_j (log π_θ(y'_j | x_j) - log π_ref(y'_j | x_j)))
 *
 * over outputs y' of other prompts, which tell how far the policy is from the reference on the whole.
 *
 * @param logProbs of the policy [B] · @param weights v [B], adding up to 1; 0 for padding
 */
export function klBaseline(logProbs: tf.Tensor1D, refLogProbs: tf.Tensor1D, weights: tf.Tensor1D): tf.Scalar {
  return tf.tidy(() => {
    const mean = tf.sum(tf.mul(weights, tf.sub(logProbs, refLogProbs)));
    return tf.reshape(tf.relu(mean), []);
  });
}

/** @throws if β is not above 0 */
export function assertBeta(beta: number): void {
  if (!(beta > 0)) throw new Error(`KTO needs a β above 0, not ${beta}.`);
}

function assertShapes({ tokenLogProbs, mask, refLogProbs, sides, weights }: KtoLossInput): void {
  const [B, T] = tokenLogProbs.shape;
  const vectors = [refLogProbs, sides, weights].map(({ size }) => size);
  if (B === 0 || mask.shape.join() !== `${B},${T}` || vectors.some((size) => size !== B)) {
    throw new Error(
      `KTO needs log-probabilities and a mask of one shape and as many references, sides and weights as rows, not ` +
        `[${tokenLogProbs.shape.join(', ')}], [${mask.shape.join(', ')}] and ${vectors.join(', ')}.`,
    );
  }
}
