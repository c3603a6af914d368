// Prefill and decoding as steps of the program that owns the weights: on native TensorFlow they run in its session, so
// that the weights stay where training leaves them and a token costs one crossing.
//
// The caches are state of the program, of few sizes: rows and lengths are padded, as every size is two recordings.
// A row's numbers can differ in their last bits with the size of its batch; its draws still come from its seed alone.

import * as tf from '@tensorflow/tfjs-core';
import { assignSlice } from '../engine/assign-slice.ts';
import { floats, ints } from '../engine/host-array.ts';
import { paddedSize } from '../engine/padded-size.ts';
import type { Program, Step } from '../engine/program.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import { positionsOf } from '../models/positions.ts';
import { forwardNewTokens, type ForwardResult, type KeysAndValues } from './cached-forward.ts';
import { decoderShapeOf } from './decoder-weights.ts';
import type { Decoding, DecodingSize, DecodingSource } from './decoding.ts';

/** Subtracted from the scores of what a token does not see: exp(-1e9) is 0. */
const HIDDEN_SCORE = 1e9;

/**
 * Weights from which a session decodes faster than a batch of its own does. Below, crossing into TensorFlow and its
 * cost for each operation are more than the arithmetic. Measured with 16 rows on two cores: see LOG.md.
 */
const WORTH_A_SESSION = 1_500_000;

interface PrefillInputs {
  readonly ids: tf.Tensor2D; // [B, T] int32, padded on the left
  readonly mask: tf.Tensor2D; // [B, T], 1 = real
}
interface DecodeInputs {
  readonly ids: tf.Tensor2D; // [B, 1] int32
  readonly positions: tf.Tensor2D; // [B, 1] int32
  readonly hidden: tf.Tensor2D; // [B, C], 0 where a cached token is seen, else HIDDEN_SCORE
  readonly range: tf.Tensor1D; // [2] int32, the place of the new token
}
interface Logits {
  readonly logits: tf.Tensor2D; // [B, V]
}

/** Caches of one size, and the steps that use them. */
interface Caches {
  /** Rows. */
  readonly B: number;
  /** Tokens of a row. */
  readonly C: number;
  readonly variables: readonly tf.Variable[];
  readonly prefill: Step<PrefillInputs, Logits>;
  readonly decode: Step<DecodeInputs, Logits>;
}

/** Decoding in the session of `program`, where the program has one and it is the faster way; else undefined. */
export function decoderInSession(model: CausalLm, program: Program): RecordedDecoder | undefined {
  const weights = [...model.params.values()].reduce((sum, { size }) => sum + size, 0);
  return program.isRecorded && weights >= WORTH_A_SESSION ? new RecordedDecoder(model, program) : undefined;
}

export class RecordedDecoder implements DecodingSource {
  readonly #model: CausalLm;
  readonly #program: Program;
  readonly #caches = new Map<string, Caches>();

  /** @param program has all of the model's weights as state */
  constructor(model: CausalLm, program: Program) {
    this.#model = model;
    this.#program = program;
  }

  open({ rows, promptTokens, newTokens }: DecodingSize): Decoding {
    const B = paddedSize(rows, this.#program);
    const C = paddedSize(paddedSize(promptTokens, this.#program) + newTokens, this.#program);
    const key = `${B}x${C}`;
    const caches = this.#caches.get(key) ?? this.#makeCaches(B, C);
    this.#caches.set(key, caches);
    return new RecordedDecoding(caches, this.#model.config.vocabSize, this.#program);
  }

  /** Before the program: then nothing of the caches is kept. */
  dispose(): void {
    for (const { variables } of this.#caches.values()) for (const variable of variables) variable.dispose();
    this.#caches.clear();
  }

  #makeCaches(B: number, C: number): Caches {
    const { config } = this.#model;
    const { keyValueHeads, headDim } = decoderShapeOf(this.#model);
    const name = `${B}x${C}`;
    const empty = (): tf.Variable => {
      const zeros = tf.zeros([B, keyValueHeads, C, headDim]);
      const variable = tf.variable(zeros, false);
      zeros.dispose();
      return variable;
    };
    const layers = Array.from({ length: config.nLayer }, () => ({ keys: empty(), values: empty() }));
    const variables = layers.flatMap(({ keys, values }) => [keys, values]);
    this.#program.addState(
      Object.fromEntries(variables.map((variable, i) => [`cache_${name}/${i}`, variable])),
    );
    const weights = (param: string): tf.Tensor => this.#model.param(param);
    return {
      B,
      C,
      variables,
      prefill: this.#program.step(`prefill_${name}`, (_, { ids, mask }: PrefillInputs) => {
        const [, T] = ids.shape;
        const positions = tf.reshape<tf.Rank.R2>(tf.cast(positionsOf(mask), 'int32'), ids.shape);
        const hiddenNew = hiddenFromPrompt(mask);
        const result = forwardNewTokens(config, weights, { ids, positions, hiddenNew, cached: null });
        return written(layers, result, tf.tensor1d([0, T], 'int32'));
      }),
      decode: this.#program.step(`decode_${name}`, (_, { ids, positions, hidden, range }: DecodeInputs) => {
        const cached = { layers, hidden: tf.reshape(hidden, [B, 1, 1, C]) };
        const hiddenNew = tf.scalar(0);
        const result = forwardNewTokens(config, weights, { ids, positions, hiddenNew, cached });
        return written(layers, result, range);
      }),
    };
  }
}

/** The new keys and values go into the caches at `range`. */
function written(
  layers: readonly { readonly keys: tf.Variable; readonly values: tf.Variable }[],
  result: ForwardResult,
  range: tf.Tensor1D,
) {
  const slice = { axis: 2, range, after: result.logits };
  const updates = layers.flatMap(({ keys, values }, layer) => {
    const own: KeysAndValues | undefined = result.layers[layer];
    if (own === undefined) throw new Error(`Layer ${layer} gave no keys.`);
    return [assignSlice(keys, own.keys, slice), assignSlice(values, own.values, slice)];
  });
  return { outputs: { logits: result.logits }, updates };
}

/** mask [B, T] -> what is hidden from each token of a prompt: padding, and what comes later. [B, 1, T, T] */
function hiddenFromPrompt(mask: tf.Tensor2D): tf.Tensor {
  const [B, T] = mask.shape;
  const later = new Float32Array(T * T);
  for (let query = 0; query < T; query++) later.fill(HIDDEN_SCORE, query * T + query + 1, (query + 1) * T);
  const padding = tf.mul(tf.sub(1, tf.reshape(mask, [B, 1, 1, T])), HIDDEN_SCORE);
  return tf.maximum(padding, tf.tensor4d(later, [1, 1, T, T]));
}

class RecordedDecoding implements Decoding {
  readonly #caches: Caches;
  readonly #vocabSize: number;
  readonly #engine: { readonly isRecorded: boolean };
  /** Real tokens of each row. */
  readonly #lengths: Int32Array;
  readonly #hidden: Float32Array;
  /** The next place in the caches. */
  #place = 0;

  constructor(caches: Caches, vocabSize: number, engine: { readonly isRecorded: boolean }) {
    this.#caches = caches;
    this.#vocabSize = vocabSize;
    this.#engine = engine;
    this.#lengths = new Int32Array(caches.B);
    this.#hidden = new Float32Array(caches.B * caches.C).fill(HIDDEN_SCORE);
  }

  async prefill(
    prompts: readonly (readonly number[])[],
    pause: () => Promise<void>,
  ): Promise<readonly Float32Array[]> {
    const { B, C, prefill, decode } = this.#caches;
    const longest = Math.max(...prompts.map(({ length }) => length));
    const T = paddedSize(longest, this.#engine);
    const ids = new Int32Array(B * T);
    const mask = new Float32Array(B * T);
    prompts.forEach((prompt, row) => {
      const begin = T - prompt.length;
      ids.set(prompt, row * T + begin);
      mask.fill(1, row * T + begin, (row + 1) * T);
      this.#hidden.fill(0, row * C + begin, row * C + T);
      this.#lengths[row] = prompt.length;
    });
    await pause();
    this.#place = T;
    // Recorded together with the prefill, decoding shares its opening of the session.
    decode.prepare(this.#decodeInputs(new Int32Array(B)));
    const { logits } = prefill.run({ ids: ints(ids, [B, T]), mask: floats(mask, [B, T]) });
    return prompts.map((_, row) => this.#logitsOf(logits.values, row));
  }

  step(rows: readonly number[], ids: readonly number[]): Float32Array {
    const { B, C, decode } = this.#caches;
    const place = this.#place;
    if (place >= C) throw new Error(`The caches are full at ${place} tokens.`);
    const fed = new Int32Array(B);
    rows.forEach((row, i) => (fed[row] = ids[i] ?? 0));
    const { logits } = decode.run(this.#decodeInputs(fed));
    for (let row = 0; row < B; row++) this.#hidden[row * C + place] = 0;
    for (const row of rows) this.#lengths[row] = (this.#lengths[row] ?? 0) + 1;
    this.#place = place + 1;
    const V = this.#vocabSize;
    const wanted = new Float32Array(rows.length * V);
    rows.forEach((row, i) => wanted.set(this.#logitsOf(logits.values, row), i * V));
    return wanted;
  }

  release(): void {
    // The caches are the decoder's, for the next batch.
  }

  #decodeInputs(ids: Int32Array) {
    const { B, C } = this.#caches;
    return {
      ids: ints(ids, [B, 1]),
      positions: ints(this.#lengths, [B, 1]),
      hidden: floats(this.#hidden, [B, C]),
      range: ints([this.#place, this.#place + 1]),
    };
  }

  #logitsOf(logits: Float32Array | Int32Array, row: number): Float32Array {
    if (!(logits instanceof Float32Array)) throw new Error('Logits are float32.');
    return logits.subarray(row * this.#vocabSize, (row + 1) * this.#vocabSize);
  }
}
