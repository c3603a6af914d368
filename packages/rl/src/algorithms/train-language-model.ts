// Next-token training of a causal language model on prompt-completion texts.
//
//   loss = - Σ log π(y_t | x, y_<t) / number of completion tokens
//
// over the completion and the end-of-text token after it; the prompt is context only. This is supervised fine-tuning
// when the model comes from a folder, and training from scratch when it is a random one.

import * as tf from '@tensorflow/tfjs-core';
import { setImmediate } from 'node:timers/promises';
import { AdamW } from '../engine/optimizer.ts';
import { targetLogProbs } from '../engine/ops.ts';
import { Random } from '../engine/random.ts';
import { learningRateFactor } from '../engine/schedule.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import type { Tokenizer } from '../tokenizers/tokenizer.ts';

export interface LanguageModelExample {
  readonly prompt: string;
  readonly completion: string;
}

export interface TrainLanguageModelOptions {
  /** Trained in place. */
  readonly model: CausalLm;
  readonly tokenizer: Tokenizer;
  readonly examples: readonly LanguageModelExample[];
  readonly steps: number;
  readonly batchSize: number;
  /** Peak rate: linear warm-up, then a cosine to 0. */
  readonly learningRate: number;
  readonly warmupSteps: number;
  readonly weightDecay: number;
  readonly maxGradNorm: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly onMetrics?: (step: number, totalSteps: number, values: Record<string, number>) => void;
}

interface Sequence {
  readonly ids: readonly number[];
  /** Where the completion begins. */
  readonly start: number;
}

/** Sequences are padded to a multiple of this, so that few shapes occur. */
const LENGTH_BUCKET = 8;

export async function trainLanguageModel(options: TrainLanguageModelOptions): Promise<void> {
  const { model, steps, signal, onMetrics } = options;
  const sequences = encodeExamples(options);
  const params = [...model.params.values()];
  const optimizer = new AdamW(params, {
    beta2: 0.98,
    weightDecay: options.weightDecay,
    maxGradNorm: options.maxGradNorm,
    // Decay is for matrices: a decayed bias or gain only loses fit.
    decays: (param) => param.rank > 1,
  });
  try {
    const batches = batchesForever(sequences, options.batchSize, new Random(options.seed));
    for (let step = 0; step < steps; step++) {
      signal?.throwIfAborted();
      const schedule = { name: 'cosine', totalSteps: steps, warmupSteps: options.warmupSteps } as const;
      const learningRate = options.learningRate * learningRateFactor(schedule, step + 1);
      const batch = batches.next().value;
      const { value, grads } = tf.variableGrads(() => completionLoss(model, batch), params);
      const { gradNorm } = optimizer.step(grads, learningRate);
      const loss = value.dataSync()[0] ?? Number.NaN;
      tf.dispose([value, grads]);
      if (!Number.isFinite(loss)) throw new Error(`The loss is not a number at step ${step}.`);
      onMetrics?.(step, steps, { loss, learning_rate: learningRate, grad_norm: gradNorm });
      await setImmediate();
    }
  } finally {
    optimizer.dispose();
  }
}

/** Mean negative log-likelihood of a completion token, over all of `examples`. */
export function evaluateLanguageModel(
  options: Pick<TrainLanguageModelOptions, 'model' | 'tokenizer' | 'examples' | 'batchSize'>,
): number {
  const sequences = encodeExamples(options);
  let total = 0;
  let tokens = 0;
  for (let start = 0; start < sequences.length; start += options.batchSize) {
    const batch = sequences.slice(start, start + options.batchSize);
    const count = batch.reduce((sum, { ids, start: from }) => sum + ids.length - from, 0);
    const loss = tf.tidy(() => completionLoss(options.model, batch).dataSync()[0] ?? Number.NaN);
    total += loss * count;
    tokens += count;
  }
  return total / tokens;
}

function encodeExamples(
  options: Pick<TrainLanguageModelOptions, 'model' | 'tokenizer' | 'examples'>,
): Sequence[] {
  const { config } = options.model;
  const end = config.eosTokenId === undefined ? [] : [config.eosTokenId];
  return options.examples.map(({ prompt, completion }, index) => {
    const promptIds = options.tokenizer.encode(prompt);
    const ids = [...promptIds, ...options.tokenizer.encode(completion), ...end];
    if (promptIds.length === 0 || ids.length === promptIds.length || ids.length > config.nPositions) {
      throw new Error(`Text ${index} has ${ids.length} tokens; the model takes 2 to ${config.nPositions}.`);
    }
    return { ids, start: promptIds.length };
  });
}

/** Random batches of about equal lengths: shuffled, sorted within pools of 32 batches, batches shuffled again. */
function* batchesForever(
  sequences: readonly Sequence[],
  batchSize: number,
  random: Random,
): Generator<readonly Sequence[], never> {
  for (;;) {
    const shuffled = random.shuffled(sequences);
    for (let from = 0; from < shuffled.length; from += 32 * batchSize) {
      const pool = shuffled.slice(from, from + 32 * batchSize).sort((a, b) => a.ids.length - b.ids.length);
      const starts = Array.from({ length: Math.ceil(pool.length / batchSize) }, (_, i) => i * batchSize);
      for (const start of random.shuffled(starts)) yield pool.slice(start, start + batchSize);
    }
  }
}

function completionLoss(model: CausalLm, batch: readonly Sequence[]): tf.Scalar {
  const B = batch.length;
  // The last token is only ever a target.
  const longest = Math.max(...batch.map(({ ids }) => ids.length - 1));
  const T = Math.min(model.config.nPositions, Math.ceil(longest / LENGTH_BUCKET) * LENGTH_BUCKET);
  const inputs = new Int32Array(B * T);
  const mask = new Float32Array(B * T);
  const rows: number[] = [];
  const targets: number[] = [];
  batch.forEach(({ ids, start }, row) => {
    for (let t = 0; t + 1 < ids.length; t++) {
      inputs[row * T + t] = ids[t] ?? 0;
      mask[row * T + t] = 1;
      if (t + 1 < start) continue;
      rows.push(row * T + t);
      targets.push(ids[t + 1] ?? 0);
    }
  });
  return tf.tidy(() => {
    const hidden = model.hidden(tf.tensor2d(inputs, [B, T], 'int32'), tf.tensor2d(mask, [B, T])); // [B, T, D]
    const D = model.config.nEmbd;
    const predicting = tf.gather(tf.reshape(hidden, [B * T, D]), tf.tensor1d(rows, 'int32')); // [N, D]
    const logits = model.logits(tf.reshape(predicting, [1, rows.length, D])); // [1, N, V]
    const logProbs = targetLogProbs(
      tf.reshape(logits, [rows.length, model.config.vocabSize]),
      tf.tensor1d(targets, 'int32'),
    );
    return tf.neg(tf.mean<tf.Scalar>(logProbs));
  });
}
