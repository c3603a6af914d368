// Log-probabilities of whole outputs: the quantity that DPO is made of.

import * as tf from '@tensorflow/tfjs-core';
import { batchRows } from '../../data/token-batch.ts';
import { embed, targetLogProbs } from '../../engine/ops.ts';
import type { CausalLm } from '../../models/causal-lm.ts';
import type { PreferencePair } from './pairs.ts';

/** An output after its prompt. */
export interface OutputSequence {
  readonly promptIds: readonly number[];
  readonly outputIds: readonly number[];
}

/** Output lengths are rounded up to this, so that few shapes occur. */
const LENGTH_STEP = 8;

/** The preferred outputs of all pairs, then in the same order the others: the rows of `dpoLoss`. */
export function sequencesOf(pairs: readonly PreferencePair[]): OutputSequence[] {
  return [
    ...pairs.map(({ promptIds, chosenIds }) => ({ promptIds, outputIds: chosenIds })),
    ...pairs.map(({ promptIds, rejectedIds }) => ({ promptIds, outputIds: rejectedIds })),
  ];
}

/**
 * log π(y_t | x, y_<t) of every output token [R, T], differentiable, and which of them count [R, T]. Entries at padding
 * are finite and mean nothing. The caller disposes, or calls inside a tidy.
 */
export function outputLogProbs(
  model: CausalLm,
  sequences: readonly OutputSequence[],
): { tokenLogProbs: tf.Tensor2D; mask: tf.Tensor2D } {
  const { nPositions, nEmbd: D, vocabSize } = model.config;
  const R = sequences.length;
  const longest = sequences.reduce((most, { outputIds }) => Math.max(most, outputIds.length), 0);
  const T = Math.ceil(longest / LENGTH_STEP) * LENGTH_STEP;
  // A token is predicted from the state before it; the last one's own state predicts nothing.
  const rows = sequences.map(({ promptIds, outputIds }) => [...promptIds, ...outputIds.slice(0, -1)]);
  const { ids, mask: realTokens, T: width } = batchRows(rows, nPositions);
  const places = new Int32Array(R * T);
  const targets = new Int32Array(R * T);
  const counts = new Float32Array(R * T);
  sequences.forEach(({ promptIds, outputIds }, r) => {
    outputIds.forEach((id, t) => {
      places[r * T + t] = r * width + promptIds.length + t - 1;
      targets[r * T + t] = id;
      counts[r * T + t] = 1;
    });
  });
  const tokenLogProbs = tf.tidy(() => {
    const hidden = tf.reshape(model.hidden(ids, realTokens), [R * width, D]); // [R·width, D]
    const states = embed(hidden, tf.tensor1d(places, 'int32')); // [R·T, D]
    const logits = model.logits(tf.reshape(states, [1, R * T, D])); // [1, R·T, V]
    const flat = targetLogProbs(tf.reshape(logits, [R * T, vocabSize]), tf.tensor1d(targets, 'int32'));
    return tf.reshape<tf.Rank.R2>(flat, [R, T]);
  });
  return { tokenLogProbs, mask: tf.tensor2d(counts, [R, T]) };
}

/** Sums over the tokens that count, as numbers [R]. */
export function sumsOf(tokenLogProbs: tf.Tensor2D, mask: tf.Tensor2D): number[] {
  return tf.tidy(() => Array.from(tf.sum(tf.mul(tokenLogProbs, mask), 1).dataSync()));
}

/** Outputs computed together when nothing is learned from them. */
const SCORE_BATCH = 64;

/** log π of whole outputs in the order given; outputs of like length are computed together. */
export async function scoreSequences(
  model: CausalLm,
  sequences: readonly OutputSequence[],
  pause: () => Promise<void>,
): Promise<number[]> {
  const lengthOf = (i: number) =>
    (sequences[i]?.promptIds.length ?? 0) + (sequences[i]?.outputIds.length ?? 0);
  const order = sequences.map((_, i) => i).sort((a, b) => lengthOf(a) - lengthOf(b));
  const logProbs = new Array<number>(sequences.length).fill(NaN);
  for (let start = 0; start < order.length; start += SCORE_BATCH) {
    const chunk = order.slice(start, start + SCORE_BATCH);
    const sums = tf.tidy(() => {
      const batch = outputLogProbs(
        model,
        chunk.flatMap((i) => sequences[i] ?? []),
      );
      return sumsOf(batch.tokenLogProbs, batch.mask);
    });
    chunk.forEach((i, row) => (logProbs[i] = sums[row] ?? NaN));
    await pause();
  }
  return logProbs;
}
