// The reward model's loss over ordered pairs of outputs (Bradley and Terry; Ouyang et al. 2022, eq. 1).

import * as tf from '@tensorflow/tfjs-core';
import { embed } from '../engine/ops.ts';
import { softplus } from './softplus.ts';

/** One ordered pair of scores. The weights of a batch add up to 1. */
export interface ScorePair {
  /** Index of the preferred output's score. */
  readonly better: number;
  readonly worse: number;
  readonly weight: number;
  /** By how much the preferred score must lead. */
  readonly margin: number;
}

/**
 *   L = Σ_p w_p · [ -log σ(r_better - r_worse - m_p) + c (r_better + r_worse)² ]
 *
 * -log σ(x) = softplus(-x), taken in the form that does not overflow. The InstructGPT mean over the pairs of a
 * judgement and over prompts is in the weights: see `weighPairs`.
 *
 * @param scores r [N], differentiable
 * @param centering c; 0 leaves the loss unchanged when a constant is added to all scores
 */
export function pairLoss(scores: tf.Tensor1D, pairs: readonly ScorePair[], centering = 0): tf.Scalar {
  if (pairs.length === 0) throw new Error('The loss needs at least one pair.');
  return tf.tidy(() => {
    const ids = (side: (pair: ScorePair) => number) => tf.tensor1d(pairs.map(side), 'int32');
    const numbers = (side: (pair: ScorePair) => number) => tf.tensor1d(pairs.map(side));
    return pairLossOf(
      {
        scores,
        better: ids((pair) => pair.better),
        worse: ids((pair) => pair.worse),
        weights: numbers((pair) => pair.weight),
        margins: numbers((pair) => pair.margin),
      },
      centering,
    );
  });
}

export interface PairLossInput {
  /** r [N], differentiable. */
  readonly scores: tf.Tensor1D;
  /** Places of the preferred scores [P] int32, and of the others. */
  readonly better: tf.Tensor1D;
  readonly worse: tf.Tensor1D;
  /** [P]; 0 for padding, else they add up to 1. */
  readonly weights: tf.Tensor1D;
  readonly margins: tf.Tensor1D; // [P]
}

/** The same with the pairs as tensors, which a recorded step needs. */
export function pairLossOf(input: PairLossInput, centering = 0): tf.Scalar {
  return tf.tidy(() => {
    const P = input.weights.size;
    const column = tf.reshape(input.scores, [input.scores.size, 1]); // [N, 1]
    const better = tf.reshape(embed(column, input.better), [P]); // [P]
    const worse = tf.reshape(embed(column, input.worse), [P]); // [P]
    const gaps = tf.sub(tf.sub(better, worse), input.margins); // [P]
    const loss = tf.sum(tf.mul(input.weights, softplus(tf.neg(gaps))));
    if (centering === 0) return tf.reshape(loss, []);
    const centres = tf.square(tf.add(better, worse));
    return tf.reshape(tf.add(loss, tf.mul(centering, tf.sum(tf.mul(input.weights, centres)))), []);
  });
}
