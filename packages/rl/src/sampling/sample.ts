// Batched sampling of completions.

import * as tf from '@tensorflow/tfjs-core';
import { setImmediate } from 'node:timers/promises';
import { Random } from '../engine/random.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import { chooseToken } from './choose-token.ts';

export interface SampleOptions {
  readonly model: CausalLm;
  readonly promptIds: readonly (readonly number[])[];
  readonly maxNewTokens: number;
  /** 0: always the likeliest token. */
  readonly temperature: number;
  readonly topK?: number | null;
  readonly topP?: number | null;
  /** One seed for all (each row derives its own), or one for each row. A row's draws depend on nothing else. */
  readonly seed: number | readonly number[];
  /** A completion ends with this token, which it contains; null never ends early. */
  readonly eosTokenId?: number | null;
  /** Rows computed together. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: {
    readonly tokens: number;
    readonly completions: number;
    readonly total: number;
  }) => void;
}

export interface SampledIds {
  /** The new tokens only. */
  readonly ids: number[];
  /** log probability of each token under the sampling distribution (temperature, top-k, top-p). */
  readonly logProbs: number[];
  /** log probability of each token under the model itself. */
  readonly rawLogProbs: number[];
  readonly finished: 'eos' | 'length';
}

export const DEFAULT_SAMPLE_BATCH = 32;

/** Completions in the order of the prompts. Rejects with the signal's reason when cancelled. */
export async function sampleCompletions(options: SampleOptions): Promise<SampledIds[]> {
  const { promptIds, signal } = options;
  checkOptions(options);
  const batchSize = options.batchSize ?? DEFAULT_SAMPLE_BATCH;
  const results: SampledIds[] = [];
  const progress = { tokens: 0, completions: 0, total: promptIds.length };
  for (let start = 0; start < promptIds.length; start += batchSize) {
    const rows = promptIds.slice(start, start + batchSize).map((prompt, i) => ({
      prompt,
      random: randomForRow(options.seed, start + i),
      result: { ids: [], logProbs: [], rawLogProbs: [], finished: 'length' as const },
    }));
    results.push(...(await sampleBatch(rows, options, progress)));
  }
  signal?.throwIfAborted();
  return results;
}

interface Row {
  readonly prompt: readonly number[];
  readonly random: Random;
  result: SampledIds;
}

async function sampleBatch(
  rows: Row[],
  options: SampleOptions,
  progress: { tokens: number; completions: number; total: number },
): Promise<SampledIds[]> {
  const { model, maxNewTokens, signal, onProgress } = options;
  const choice = { temperature: options.temperature, topK: options.topK ?? null, topP: options.topP ?? null };
  const eosTokenId = options.eosTokenId ?? null;
  for (let step = 0; step < maxNewTokens; step++) {
    const open = rows.filter((row) => row.result.finished === 'length');
    if (open.length === 0) break;
    signal?.throwIfAborted();
    const logits = lastLogits(
      model,
      open.map((row) => [...row.prompt, ...row.result.ids]),
    );
    open.forEach((row, i) => {
      const { id, logProb, rawLogProb } = chooseToken(
        logits.subarray(i * model.config.vocabSize, (i + 1) * model.config.vocabSize),
        choice,
        row.random,
      );
      row.result.ids.push(id);
      row.result.logProbs.push(logProb);
      row.result.rawLogProbs.push(rawLogProb);
      progress.tokens += 1;
      if (id === eosTokenId) row.result = { ...row.result, finished: 'eos' };
      if (id === eosTokenId || step === maxNewTokens - 1) progress.completions += 1;
    });
    onProgress?.({ ...progress });
    await setImmediate();
  }
  return rows.map((row) => row.result);
}

/** Logits [rows · V] of the token after each sequence; sequences are padded on the left. */
function lastLogits(model: CausalLm, sequences: readonly (readonly number[])[]): Float32Array {
  const T = Math.max(...sequences.map((sequence) => sequence.length));
  const output = tf.tidy(() => {
    const ids = tf.tensor2d(
      sequences.map((s) => [...new Array<number>(T - s.length).fill(0), ...s]),
      undefined,
      'int32',
    );
    const mask = tf.tensor2d(
      sequences.map((s) => [...new Array<number>(T - s.length).fill(0), ...s.map(() => 1)]),
    );
    const hidden = model.hidden(ids, mask);
    const last = tf.slice(hidden, [0, T - 1, 0], [-1, 1, -1]);
    return model.logits(last);
  });
  const values = Float32Array.from(output.dataSync());
  output.dispose();
  return values;
}

function randomForRow(seed: number | readonly number[], row: number): Random {
  if (typeof seed === 'number') return Random.forItem(seed, row);
  const own = seed[row];
  if (own === undefined) throw new Error(`There is no seed for row ${row}.`);
  return new Random(own);
}

function checkOptions({
  model,
  promptIds,
  maxNewTokens,
  temperature,
  topK,
  topP,
  batchSize,
}: SampleOptions): void {
  const { nPositions, vocabSize } = model.config;
  if (!Number.isInteger(maxNewTokens) || maxNewTokens < 1)
    throw new Error('maxNewTokens must be at least 1.');
  if (!(temperature >= 0)) throw new Error('temperature must be 0 or more.');
  if (topK != null && !(Number.isInteger(topK) && topK >= 1)) throw new Error('topK must be at least 1.');
  if (topP != null && !(topP > 0 && topP <= 1)) throw new Error('topP must be above 0 and at most 1.');
  if (batchSize !== undefined && !(Number.isInteger(batchSize) && batchSize >= 1)) {
    throw new Error('batchSize must be at least 1.');
  }
  promptIds.forEach((prompt, row) => {
    if (prompt.length === 0)
      throw new Error(`Prompt ${row} is empty; a completion needs at least one token before it.`);
    if (prompt.length + maxNewTokens > nPositions) {
      throw new Error(
        `Prompt ${row} has ${prompt.length} tokens; with ${maxNewTokens} new ones it exceeds the model's ${nPositions} positions.`,
      );
    }
    const stranger = prompt.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
    if (stranger !== undefined)
      throw new Error(`Prompt ${row} holds the token ${stranger}, outside the vocabulary.`);
  });
}
