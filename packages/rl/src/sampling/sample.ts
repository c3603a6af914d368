// Batched sampling of completions.

import { setImmediate } from 'node:timers/promises';
import { Random } from '../engine/random.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import { chooseToken } from './choose-token.ts';
import type { DecodingSource } from './decoding.ts';
import { giveUpThreads } from './threads/crew.ts';
import { HelperFailure } from './threads/helper-failure.ts';
import { openDecoding } from './threads/open-decoding.ts';

export interface SampleOptions {
  readonly model: CausalLm;
  readonly promptIds: readonly (readonly number[])[];
  readonly maxNewTokens: number;
  /** 0: always the likeliest token. */
  readonly temperature: number;
  readonly topK?: number | null;
  readonly topP?: number | null;
  /** Above 1 makes tokens less likely that the prompt or the completion holds already; 1 by default. */
  readonly repetitionPenalty?: number;
  /** One seed for all (each row derives its own), or one for each row. A row's draws depend on nothing else. */
  readonly seed: number | readonly number[];
  /**
   * A completion ends with this token, which it contains, or with another of the model's own end tokens; null never
   * ends early.
   */
  readonly eosTokenId?: number | null;
  /** A completion ends where its text holds one of these. */
  readonly stop?: StopSequences;
  /** Decodes for this model in memory of its own, such as its training program's; without it a batch has its own. */
  readonly decoder?: DecodingSource;
  /** Rows computed together. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: Readonly<Progress>) => void;
  /** After each token of a row, with all that it has so far. */
  readonly onTokens?: (row: number, ids: readonly number[]) => void;
}

export interface StopSequences {
  readonly texts: readonly string[];
  /** A tokenizer's: a text may begin and end within tokens. */
  readonly decode: (ids: readonly number[]) => string;
}

export interface Progress {
  tokens: number;
  /** Completions that have ended, of `total`. */
  completions: number;
  total: number;
}

export interface SampledIds {
  /** The new tokens only. */
  readonly ids: number[];
  /** log probability of each token under the sampling distribution (penalty, temperature, top-k, top-p). */
  readonly logProbs: number[];
  /** log probability of each token under the model itself. */
  readonly rawLogProbs: number[];
  /** With "stop" the last token completes a stop sequence; `textBeforeStop` cuts it off. */
  readonly finished: 'eos' | 'length' | 'stop';
}

export const DEFAULT_SAMPLE_BATCH = 32;

/** Completions in the order of the prompts. Rejects with the signal's reason when cancelled. */
export async function sampleCompletions(options: SampleOptions): Promise<SampledIds[]> {
  const { promptIds } = options;
  checkOptions(options);
  const batchSize = options.batchSize ?? DEFAULT_SAMPLE_BATCH;
  const results: SampledIds[] = [];
  const progress: Progress = { tokens: 0, completions: 0, total: promptIds.length };
  for (let start = 0; start < promptIds.length; start += batchSize) {
    const freshRows = (): Row[] =>
      promptIds.slice(start, start + batchSize).map((prompt, i) => ({
        prompt,
        place: start + i,
        random: randomForRow(options.seed, start + i),
        result: { ids: [], logProbs: [], rawLogProbs: [], finished: 'length' },
      }));
    const before = { ...progress };
    const drawn = await sampleBatch(freshRows(), options, progress).catch((error: unknown) => {
      if (!(error instanceof HelperFailure)) throw error;
      giveUpThreads(error);
      // Seeds alone decide what is drawn, so these are the same outputs.
      Object.assign(progress, before);
      return sampleBatch(freshRows(), options, progress);
    });
    results.push(...drawn);
  }
  return results;
}

interface Row {
  readonly prompt: readonly number[];
  /** Among all rows. */
  readonly place: number;
  readonly random: Random;
  result: SampledIds;
}

async function sampleBatch(
  rows: readonly Row[],
  options: SampleOptions,
  progress: Progress,
): Promise<SampledIds[]> {
  const { model, maxNewTokens, signal, onProgress } = options;
  const V = model.config.vocabSize;
  const choice = {
    temperature: options.temperature,
    topK: options.topK ?? null,
    topP: options.topP ?? null,
    repetitionPenalty: options.repetitionPenalty ?? 1,
  };
  const ends = endTokens(options);
  const promptTokens = Math.max(...rows.map((row) => row.prompt.length));
  const size = { rows: rows.length, promptTokens, newTokens: maxNewTokens };
  const decoder = options.decoder?.open(size) ?? openDecoding(model, size);

  /** Draws the next token of a row; true when the row goes on. */
  const extend = (row: Row, logits: Float32Array): boolean => {
    const seen = choice.repetitionPenalty === 1 ? [] : [...row.prompt, ...row.result.ids];
    const { id, logProb, rawLogProb } = chooseToken(logits, choice, row.random, seen);
    row.result.ids.push(id);
    row.result.logProbs.push(logProb);
    row.result.rawLogProbs.push(rawLogProb);
    progress.tokens += 1;
    options.onTokens?.(row.place, row.result.ids);
    if (ends.has(id)) row.result = { ...row.result, finished: 'eos' };
    else if (options.stop && holdsStop(row.result.ids, options.stop)) {
      row.result = { ...row.result, finished: 'stop' };
    }
    const isOpen = row.result.finished === 'length' && row.result.ids.length < maxNewTokens;
    if (!isOpen) progress.completions += 1;
    return isOpen;
  };

  try {
    // 1. The prompts.
    const first = await decoder.prefill(
      rows.map((row) => row.prompt),
      async () => {
        signal?.throwIfAborted();
        await setImmediate();
      },
    );
    let open = rows.flatMap((row, index) => {
      const logits = first[index];
      return logits !== undefined && extend(row, logits) ? [index] : [];
    });
    onProgress?.({ ...progress });
    // 2. One token for every open row at a time.
    while (open.length > 0) {
      signal?.throwIfAborted();
      const logits = decoder.step(
        open,
        open.map((index) => rows[index]?.result.ids.at(-1) ?? 0),
      );
      open = open.filter((index, i) => {
        const row = rows[index];
        return row !== undefined && extend(row, logits.subarray(i * V, (i + 1) * V));
      });
      onProgress?.({ ...progress });
      await setImmediate();
    }
  } finally {
    decoder.release();
  }
  return rows.map((row) => row.result);
}

function endTokens({ model, eosTokenId }: SampleOptions): ReadonlySet<number> {
  if (eosTokenId == null) return new Set();
  return new Set([eosTokenId, ...(model.config.furtherEosTokenIds ?? [])]);
}

/** Whether the last token completed a stop sequence. A token is at least one byte, a character at most four. */
function holdsStop(ids: readonly number[], { texts, decode }: StopSequences): boolean {
  const longest = Math.max(0, ...texts.map((text) => 4 * text.length));
  const tail = decode(ids.slice(-longest - 1));
  return texts.some((text) => tail.includes(text));
}

/** What stands before the first stop sequence. */
export function textBeforeStop(text: string, stops: readonly string[]): string {
  const places = stops.map((stop) => text.indexOf(stop)).filter((place) => place >= 0);
  return places.length === 0 ? text : text.slice(0, Math.min(...places));
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
  repetitionPenalty,
  stop,
  batchSize,
}: SampleOptions): void {
  const { nPositions, vocabSize } = model.config;
  if (!Number.isInteger(maxNewTokens) || maxNewTokens < 1)
    throw new Error('maxNewTokens must be at least 1.');
  if (!(temperature >= 0)) throw new Error('temperature must be 0 or more.');
  if (topK != null && !(Number.isInteger(topK) && topK >= 1)) throw new Error('topK must be at least 1.');
  if (topP != null && !(topP > 0 && topP <= 1)) throw new Error('topP must be above 0 and at most 1.');
  if (repetitionPenalty !== undefined && !(repetitionPenalty > 0 && repetitionPenalty < Infinity)) {
    throw new Error('repetitionPenalty must be a number above 0.');
  }
  if (stop?.texts.includes('') === true) throw new Error('A stop sequence must not be empty.');
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
