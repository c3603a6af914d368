// Log-probabilities of whole outputs: the quantity that DPO is made of.

import * as tf from '@tensorflow/tfjs-core';
import { rowArrays } from '../../data/token-batch.ts';
import { floats, ints, type HostArray } from '../../engine/host-array.ts';
import { targetLogProbs } from '../../engine/ops.ts';
import { paddedSize } from '../../engine/padded-size.ts';
import { Program } from '../../engine/program.ts';
import { tailWeights } from '../../losses/tail-weights.ts';
import type { CausalLm } from '../../models/causal-lm.ts';
import type { PreferencePair } from './pairs.ts';

/** An output after its prompt. */
export interface OutputSequence {
  readonly promptIds: readonly number[];
  readonly outputIds: readonly number[];
  /** See `tailWeights`; every token counts whole where absent. */
  readonly tail?: { readonly sharedTokens: number; readonly weight: number };
}

/** Outputs as inputs of a step: R rows of up to T tokens, each predicted from the state in a column of its row. */
export interface OutputTensors {
  readonly ids: tf.Tensor2D; // [R, W] int32
  readonly realTokens: tf.Tensor2D; // [R, W]
  readonly columns: tf.Tensor2D; // [R, T] int32
  readonly targets: tf.Tensor1D; // [R · T] int32
  /** 1 for tokens of the output, 0 for padding. */
  readonly mask: tf.Tensor2D; // [R, T]
}

/** The same with what every token counts. */
export interface WeighedTensors extends OutputTensors {
  readonly tokenWeights: tf.Tensor2D; // [R, T]
}

export type OutputArrays = { readonly [Name in keyof OutputTensors]: HostArray };

/** Output lengths are rounded up to this, so that few shapes occur. */
const LENGTH_STEP = 8;

/**
 * The preferred outputs of all pairs, then in the same order the others: the rows of `dpoLoss`.
 *
 * @param tailWeight α of `tailWeights`
 */
export function sequencesOf(pairs: readonly PreferencePair[], tailWeight = 1): OutputSequence[] {
  const sideOf = (idsOf: (pair: PreferencePair) => readonly number[]) =>
    pairs.map((pair): OutputSequence => {
      const { promptIds, chosenIds, rejectedIds } = pair;
      const sequence = { promptIds, outputIds: idsOf(pair) };
      if (tailWeight === 1) return sequence;
      const sharedTokens = Math.min(chosenIds.length, rejectedIds.length);
      return { ...sequence, tail: { sharedTokens, weight: tailWeight } };
    });
  return [...sideOf(({ chosenIds }) => chosenIds), ...sideOf(({ rejectedIds }) => rejectedIds)];
}

/** A sequence without a token is a row of padding. There may be more rows than sequences. */
export function outputArrays(
  sequences: readonly OutputSequence[],
  nPositions: number,
  engine: { readonly isRecorded: boolean },
): OutputArrays {
  // A token is predicted from the state before it; the last one's own state predicts nothing.
  const rows = sequences.map(({ promptIds, outputIds }) => [...promptIds, ...outputIds.slice(0, -1)]);
  const { ids, mask: realTokens } = rowArrays(rows, nPositions, engine);
  const longest = sequences.reduce((most, { outputIds }) => Math.max(most, outputIds.length), 0);
  const T = paddedSize(Math.ceil(longest / LENGTH_STEP) * LENGTH_STEP, engine);
  const R = ids.shape[0] ?? 0;
  const columns = new Int32Array(R * T);
  const targets = new Int32Array(R * T);
  const mask = new Float32Array(R * T);
  sequences.forEach(({ promptIds, outputIds }, r) => {
    outputIds.forEach((id, t) => {
      columns[r * T + t] = promptIds.length + t - 1;
      targets[r * T + t] = id;
      mask[r * T + t] = 1;
    });
  });
  return {
    ids,
    realTokens,
    columns: ints(columns, [R, T]),
    targets: ints(targets),
    mask: floats(mask, [R, T]),
  };
}

/** `outputArrays` with what every token counts. */
export function weighedArrays(
  sequences: readonly OutputSequence[],
  nPositions: number,
  engine: { readonly isRecorded: boolean },
): OutputArrays & { readonly tokenWeights: HostArray } {
  const arrays = outputArrays(sequences, nPositions, engine);
  return { ...arrays, tokenWeights: tokenWeightsOf(sequences, arrays.mask) };
}

/** What every token of the rows counts [R, T]: the mask, but for the tails of outputs that have one. */
function tokenWeightsOf(sequences: readonly OutputSequence[], mask: HostArray): HostArray {
  if (sequences.every(({ tail }) => tail === undefined)) return mask;
  const [, T = 0] = mask.shape;
  const weights = Float32Array.from(mask.values);
  sequences.forEach(({ tail }, r) => {
    if (tail === undefined) return;
    const row = mask.values.subarray(r * T, (r + 1) * T);
    weights.set(tailWeights(row, tail.sharedTokens, tail.weight), r * T);
  });
  return floats(weights, mask.shape);
}

/**
 * log π(y_t | x, y_<t) of every output token [R, T], differentiable. Entries at padding are finite and mean nothing.
 */
export function outputLogProbs(model: CausalLm, tensors: OutputTensors): tf.Tensor2D {
  const { vocabSize } = model.config;
  const [R, T] = tensors.mask.shape;
  return tf.tidy(() => {
    const logits = model.logits(model.hidden(tensors.ids, tensors.realTokens, tensors.columns)); // [R, T, V]
    const flat = targetLogProbs(tf.reshape(logits, [R * T, vocabSize]), tensors.targets);
    return tf.reshape<tf.Rank.R2>(flat, [R, T]);
  });
}

/** log π of each whole output [R], of tokens that count as their weights say [R, T]. */
export function sumOutputs(tokenLogProbs: tf.Tensor2D, weights: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => tf.reshape(tf.sum(tf.mul(tokenLogProbs, weights), 1), [-1]));
}

/** A program of the model's weights, whose steps may train or score them. */
export function programOf(model: CausalLm): Program {
  const named = [...model.params].map(([name, variable]) => [`policy/${name}`, variable] as const);
  return new Program({ state: Object.fromEntries(named) });
}

/** Outputs computed together when nothing is learned from them. */
const SCORE_BATCH = 64;

/** log π of whole outputs in the order given; outputs of like length are computed together. */
export async function scoreSequences(
  model: CausalLm,
  sequences: readonly OutputSequence[],
  pause: () => Promise<void>,
): Promise<number[]> {
  const program = programOf(model);
  const score = program.step('score', (_, batch: WeighedTensors) => ({
    outputs: { logProbs: sumOutputs(outputLogProbs(model, batch), batch.tokenWeights) },
  }));
  const lengthOf = (i: number) =>
    (sequences[i]?.promptIds.length ?? 0) + (sequences[i]?.outputIds.length ?? 0);
  const order = sequences.map((_, i) => i).sort((a, b) => lengthOf(a) - lengthOf(b));
  const logProbs = new Array<number>(sequences.length).fill(NaN);
  try {
    for (let start = 0; start < order.length; start += SCORE_BATCH) {
      const chunk = order.slice(start, start + SCORE_BATCH);
      const batch = chunk.flatMap((i) => sequences[i] ?? []);
      const outputs = score.run(weighedArrays(batch, model.config.nPositions, program));
      chunk.forEach((i, row) => (logProbs[i] = outputs.logProbs.values[row] ?? NaN));
      await pause();
    }
  } finally {
    program.dispose();
  }
  return logProbs;
}
