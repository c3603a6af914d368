// Next-token training of a causal language model on prompt-completion texts.
//
//   loss = - Σ log π(y_t | x, y_<t) / number of completion tokens
//
// over the completion and the end-of-text token after it; the prompt is context only. This is supervised fine-tuning
// when the model comes from a folder, and training from scratch when it is a random one.

import * as tf from '@tensorflow/tfjs-core';
import { setImmediate } from 'node:timers/promises';
import { paddedFloats, paddedInts, rowArrays } from '../data/token-batch.ts';
import type { HostArray } from '../engine/host-array.ts';
import { AdamW } from '../engine/optimizer.ts';
import { embed, targetLogProbs } from '../engine/ops.ts';
import { paddedSize } from '../engine/padded-size.ts';
import { Program } from '../engine/program.ts';
import { Random } from '../engine/random.ts';
import { learningRateFactor } from '../engine/schedule.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import type { Tokenizer } from '../tokenizers/tokenizer.ts';
import { DivergedError } from './types.ts';

export interface LanguageModelExample {
  readonly prompt: string;
  readonly completion: string;
}

/** An example in tokens, for callers that read prompts in their own way. */
export interface TokenSequence {
  /** Prompt, completion and end-of-text token. */
  readonly ids: readonly number[];
  /** Where the completion begins; at least 1. */
  readonly start: number;
}

export interface TrainLanguageModelOptions {
  /** Trained in place. */
  readonly model: CausalLm;
  readonly tokenizer: Tokenizer;
  readonly examples: readonly (LanguageModelExample | TokenSequence)[];
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

/** One batch, as inputs of a step: N completion tokens, each predicted from the state at a flat place of [B · T]. */
interface BatchTensors {
  readonly ids: tf.Tensor2D; // [B, T] int32
  readonly mask: tf.Tensor2D; // [B, T]
  readonly places: tf.Tensor1D; // [N] int32
  readonly targets: tf.Tensor1D; // [N] int32
  /** 1 / number of completion tokens; 0 for padding. */
  readonly weights: tf.Tensor1D; // [N]
}

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
  const program = programOf(model);
  program.addState(optimizer.stateVariables('adam'));
  const train = program.step(
    'train',
    (_, { rate, ...batch }: BatchTensors & { readonly rate: tf.Tensor1D }) => {
      const { value, grads } = tf.variableGrads(() => completionLoss(model, batch), params);
      const { gradNorm, update } = optimizer.updates(grads, rate);
      return { outputs: { loss: value, gradNorm }, updates: [update] };
    },
  );
  try {
    const batches = batchesForever(sequences, options.batchSize, new Random(options.seed));
    for (let step = 0; step < steps; step++) {
      signal?.throwIfAborted();
      const schedule = { name: 'cosine', totalSteps: steps, warmupSteps: options.warmupSteps } as const;
      const learningRate = options.learningRate * learningRateFactor(schedule, step + 1);
      const batch = batchArrays(batches.next().value, model.config.nPositions, program);
      const outputs = train.run({ ...batch, rate: optimizer.rate(learningRate) });
      optimizer.advance();
      const loss = outputs.loss.values[0] ?? Number.NaN;
      if (!Number.isFinite(loss)) {
        throw new DivergedError(
          `The loss was not a number at step ${step + 1}: lower the learning rate.`,
          step + 1,
        );
      }
      onMetrics?.(step, steps, {
        loss,
        learning_rate: learningRate,
        grad_norm: outputs.gradNorm.values[0] ?? Number.NaN,
      });
      await setImmediate();
    }
  } finally {
    program.dispose();
    optimizer.dispose();
  }
}

function programOf(model: CausalLm): Program {
  const named = [...model.params].map(([name, variable]) => [`model/${name}`, variable] as const);
  return new Program({ state: Object.fromEntries(named) });
}

/** Mean negative log-likelihood of a completion token, over all of `examples`. */
export function evaluateLanguageModel(
  options: Pick<TrainLanguageModelOptions, 'model' | 'tokenizer' | 'examples' | 'batchSize'>,
): number {
  const { model } = options;
  const sequences = encodeExamples(options);
  const program = programOf(model);
  const evaluate = program.step('evaluate', (_, batch: BatchTensors) => ({
    outputs: { loss: completionLoss(model, batch) },
  }));
  let total = 0;
  let tokens = 0;
  for (let start = 0; start < sequences.length; start += options.batchSize) {
    const batch = sequences.slice(start, start + options.batchSize);
    const count = batch.reduce((sum, { ids, start: from }) => sum + ids.length - from, 0);
    const { loss } = evaluate.run(batchArrays(batch, model.config.nPositions, program));
    total += (loss.values[0] ?? Number.NaN) * count;
    tokens += count;
  }
  program.dispose();
  return total / tokens;
}

function encodeExamples(
  options: Pick<TrainLanguageModelOptions, 'model' | 'tokenizer' | 'examples'>,
): TokenSequence[] {
  const { config } = options.model;
  const end = config.eosTokenId === undefined ? [] : [config.eosTokenId];
  const inTokens = ({ prompt, completion }: LanguageModelExample): TokenSequence => {
    const promptIds = options.tokenizer.encode(prompt);
    const ids = [...promptIds, ...options.tokenizer.encode(completion), ...end];
    return { ids, start: promptIds.length };
  };
  return options.examples.map((example, index) => {
    const { ids, start } = 'ids' in example ? example : inTokens(example);
    if (start === 0 || ids.length === start || ids.length > config.nPositions) {
      throw new Error(`Text ${index} has ${ids.length} tokens; the model takes 2 to ${config.nPositions}.`);
    }
    return { ids, start };
  });
}

/** Random batches of about equal lengths: shuffled, sorted within pools of 32 batches, batches shuffled again. */
function* batchesForever(
  sequences: readonly TokenSequence[],
  batchSize: number,
  random: Random,
): Generator<readonly TokenSequence[], never> {
  for (;;) {
    const shuffled = random.shuffled(sequences);
    for (let from = 0; from < shuffled.length; from += 32 * batchSize) {
      const pool = shuffled.slice(from, from + 32 * batchSize).sort((a, b) => a.ids.length - b.ids.length);
      const starts = Array.from({ length: Math.ceil(pool.length / batchSize) }, (_, i) => i * batchSize);
      for (const start of random.shuffled(starts)) yield pool.slice(start, start + batchSize);
    }
  }
}

function batchArrays(
  batch: readonly TokenSequence[],
  nPositions: number,
  engine: { readonly isRecorded: boolean },
): { readonly [Name in keyof BatchTensors]: HostArray } {
  // The last token is only ever a target.
  const { ids, mask, T } = rowArrays(
    batch.map((sequence) => sequence.ids.slice(0, -1)),
    nPositions,
    engine,
  );
  const places: number[] = [];
  const targets: number[] = [];
  batch.forEach((sequence, row) => {
    for (let t = sequence.start; t < sequence.ids.length; t++) {
      places.push(row * T + t - 1);
      targets.push(sequence.ids[t] ?? 0);
    }
  });
  const N = paddedSize(places.length, engine);
  const weights = places.map(() => 1 / places.length);
  return {
    ids,
    mask,
    places: paddedInts(places, N),
    targets: paddedInts(targets, N),
    weights: paddedFloats(weights, N),
  };
}

function completionLoss(model: CausalLm, { ids, mask, places, targets, weights }: BatchTensors): tf.Scalar {
  const { nEmbd: D, vocabSize } = model.config;
  return tf.tidy(() => {
    const hidden = model.hidden(ids, mask); // [B, T, D]
    const predicting = embed(tf.reshape(hidden, [ids.size, D]), places); // [N, D]
    const logits = model.logits(tf.reshape(predicting, [1, places.size, D])); // [1, N, V]
    const logProbs = targetLogProbs(tf.reshape(logits, [places.size, vocabSize]), targets); // [N]
    return tf.neg(tf.sum<tf.Scalar>(tf.mul(logProbs, weights)));
  });
}
