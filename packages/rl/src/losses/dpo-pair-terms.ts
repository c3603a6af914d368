// The losses of direct preference optimisation that judge every pair by itself. `dpoLoss` has their formulas.

import * as tf from '@tensorflow/tfjs-core';
import { DISCOPOP_TAU, type DpoLossName } from './dpo-objective.ts';
import { softplus } from './softplus.ts';

export type PairLossName = Exclude<DpoLossName, 'aot' | 'aot-unpaired' | 'sft'>;

/** s of both outputs of every pair [P]. */
export interface PairScores {
  readonly chosen: tf.Tensor;
  readonly rejected: tf.Tensor;
}

export interface PairSettings {
  /** β */
  readonly beta: number;
  /** ε */
  readonly labelSmoothing: number;
}

/** Of every pair [P]. */
type PairTerm = (scores: PairScores, settings: PairSettings) => tf.Tensor;

/** A loss of h = s(preferred) - s(other) alone. */
const ofLead =
  (lossOf: (leads: tf.Tensor, settings: PairSettings) => tf.Tensor): PairTerm =>
  ({ chosen, rejected }, settings) =>
    lossOf(tf.sub(chosen, rejected), settings);

export const PAIR_TERMS: Readonly<Record<PairLossName, PairTerm>> = {
  sigmoid: ofLead(smoothedLoss),
  robust: ofLead((leads, settings) =>
    tf.div(tf.sub(agreed(leads, settings), flipped(leads, settings)), 1 - 2 * settings.labelSmoothing),
  ),
  hinge: ofLead((leads, { beta }) => tf.relu(tf.sub(1, tf.mul(beta, leads)))),
  ipo: ofLead((leads, { beta }) => tf.square(tf.sub(leads, 1 / (2 * beta)))),
  'exo-pair': ofLead(exoLoss),
  discopop: ofLead(discopopLoss),
  'nca-pair': ({ chosen, rejected }, { beta }) => {
    const [good, bad] = [tf.mul(beta, chosen), tf.mul(beta, rejected)];
    const pull = tf.add(softplus(good), softplus(bad));
    return tf.add(softplus(tf.neg(good)), tf.mul(0.5, pull));
  },
  'bco-pair': ({ chosen, rejected }, { beta }) =>
    tf.add(softplus(tf.mul(-beta, chosen)), softplus(tf.mul(beta, rejected))),
  'sppo-hard': ({ chosen, rejected }, { beta }) => {
    const aim = 1 / (2 * beta);
    return tf.add(tf.square(tf.sub(chosen, aim)), tf.square(tf.add(rejected, aim)));
  },
  'apo-zero': ({ chosen, rejected }, { beta }) =>
    tf.add(tf.sigmoid(tf.mul(-beta, chosen)), tf.sigmoid(tf.mul(beta, rejected))),
  'apo-down': ({ chosen, rejected }, { beta }) =>
    tf.add(tf.sigmoid(tf.mul(beta, chosen)), tf.sigmoid(tf.mul(-beta, tf.sub(chosen, rejected)))),
};

/** (1 - ε) softplus(-βh) + ε softplus(βh), of leads of any shape. */
export function smoothedLoss(leads: tf.Tensor, settings: PairSettings): tf.Tensor {
  if (settings.labelSmoothing === 0) return agreed(leads, settings);
  return tf.add(agreed(leads, settings), flipped(leads, settings));
}

function agreed(leads: tf.Tensor, { beta, labelSmoothing }: PairSettings): tf.Tensor {
  return tf.mul(1 - labelSmoothing, softplus(tf.mul(-beta, leads)));
}

function flipped(leads: tf.Tensor, { beta, labelSmoothing }: PairSettings): tf.Tensor {
  return tf.mul(labelSmoothing, softplus(tf.mul(beta, leads)));
}

/** KL of (σ(x), σ(-x)) from (1 - ε, ε), x = βh; log σ(x) = -softplus(-x) does not run into log 0. */
function exoLoss(leads: tf.Tensor, { beta, labelSmoothing }: PairSettings): tf.Tensor {
  const x = tf.mul(beta, leads);
  const partOf = (logit: tf.Tensor, share: number) =>
    tf.mul(tf.sigmoid(logit), tf.add(softplus(tf.neg(logit)), Math.log(share)));
  return tf.neg(tf.add(partOf(x, 1 - labelSmoothing), partOf(tf.neg(x), labelSmoothing)));
}

/**
 * σ(-x/τ) softplus(-x) + σ(x/τ) exp(-x), x = βh. The second product is exp(-x - softplus(-x/τ)): its exponent is at most
 * near 0 because τ < 1, while exp(-x) alone overflows where the policy is far on the wrong side.
 */
function discopopLoss(leads: tf.Tensor, { beta }: PairSettings): tf.Tensor {
  const x = tf.mul(beta, leads);
  const scaled = tf.mul(-1 / DISCOPOP_TAU, x);
  const logistic = tf.mul(tf.sigmoid(scaled), softplus(tf.neg(x)));
  return tf.add(logistic, tf.exp(tf.neg(tf.add(x, softplus(scaled)))));
}
