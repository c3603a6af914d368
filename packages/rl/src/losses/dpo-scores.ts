// Log-ratios of outputs as implicit rewards, for the divergence that the policy is held by.

import * as tf from '@tensorflow/tfjs-core';
import type { Divergence } from './dpo-objective.ts';
import { softplus } from './softplus.ts';

/** From here on, in nats, `steadyExp` is a straight line. e²⁰ is 5e8: nothing is squared into infinity. */
export const STEADY_EXP_LIMIT = 20;

/**
 *   s = f'(u) up to a constant, with ℓ = log u = log π_θ(y) - log π_ref(y)          Wang et al. 2023 (f-DPO)
 *
 *   reverse-kl      f = u log u                            s = ℓ
 *   forward-kl      f = -log u                             s = -1 / u = -exp(-ℓ)
 *   js-divergence   f = u log u - (u + 1) log((u + 1) / 2)   s = log(u / (1 + u)) = -softplus(-ℓ), log 2 left out
 *
 * β times s, and a constant of the prompt, is the reward whose optimum under that divergence π_θ would be. The constant
 * cancels in the lead of one output over another, and nowhere else.
 *
 * @param logRatios ℓ, any shape
 */
export function scoresOf(logRatios: tf.Tensor, divergence: Divergence): tf.Tensor {
  switch (divergence) {
    case 'reverse-kl':
      return logRatios;
    case 'forward-kl':
      return tf.neg(steadyExp(tf.neg(logRatios)));
    case 'js-divergence':
      return tf.neg(softplus(tf.neg(logRatios)));
  }
}

/**
 * exp(x) up to c = 20, then the line e^c (1 + x - c), which has its value and slope at c: an output that the policy has
 * given up gets a strong pull back, and not an infinite one. TRL lets it overflow.
 */
function steadyExp(x: tf.Tensor): tf.Tensor {
  const rise = tf.add(1, tf.relu(tf.sub(x, STEADY_EXP_LIMIT)));
  return tf.mul(tf.exp(tf.minimum(x, STEADY_EXP_LIMIT)), rise);
}
