// One token after another through a decoder, with cached keys and values.
//
// It is written over a wasm memory of its own and not with TF.js: a step is a few small products, and recording,
// dispatching and disposing of tensors would cost more than the arithmetic. Rows are ragged: each has its own
// length, so there is no padding, and a row's numbers do not depend on the other rows of its batch.

import { normaliseRow } from '../engine/kernels/layer-norm.ts';
import { releaseArena, takeArena, type Arena } from './arena.ts';
import type { Decoding } from './decoding.ts';
import {
  decoderShapeOf,
  readDecoderWeights,
  weightFloatsOf,
  type DecoderShape,
  type DecoderWeights,
  type Dense,
  type LayerWeights,
  type Norm,
  type WeightValues,
} from './decoder-weights.ts';
import { gateInPlace, rmsNormaliseRow, softmaxInPlace, turnHead } from './decoder-rows.ts';

interface Cache {
  /** [rows, keyValueHeads, headDim, capacity]: transposed, so that a query meets all keys of a row in one product. */
  readonly keys: Float32Array;
  /** [rows, keyValueHeads, capacity, headDim] */
  readonly values: Float32Array;
}

export class Decoder implements Decoding {
  readonly #shape: DecoderShape;
  readonly #vocabSize: number;
  readonly #arena: Arena;
  readonly #capacity: number;
  readonly #weights: DecoderWeights;
  readonly #caches: readonly Cache[];
  /** Tokens held by each row. */
  readonly #lengths: Int32Array;
  // Work space for as many tokens as one call may bring.
  readonly #x: Float32Array;
  readonly #normed: Float32Array;
  readonly #qkv: Float32Array;
  readonly #mixed: Float32Array;
  readonly #inner: Float32Array;
  /** Of GELU; of no further use here. */
  readonly #tanhs: Float32Array;
  /** Of one group of query heads, [heads / keyValueHeads, capacity]. */
  readonly #scores: Float32Array;
  readonly #logits: Float32Array;

  /** A copy of the model's weights as they are now, with room for `rows` sequences of `capacity` tokens. */
  constructor(model: WeightValues, rows: number, capacity: number) {
    const shape = decoderShapeOf(model);
    const { nLayer, vocabSize: V } = model.config;
    const tokens = Math.max(rows, capacity);
    const cacheFloats = rows * capacity * shape.keyValueHeads * shape.headDim;
    const sizes = workSizes(shape, tokens, capacity);
    const workFloats = Object.values(sizes).reduce((sum, size) => sum + size, rows * V);
    this.#shape = shape;
    this.#vocabSize = V;
    this.#capacity = capacity;
    this.#arena = takeArena(weightFloatsOf(model) + 2 * nLayer * cacheFloats + workFloats);
    let used = 0;
    const take = (size: number): Float32Array => {
      const view = new Float32Array(this.#arena.memory.buffer, used * 4, size);
      used += size;
      return view;
    };
    this.#weights = readDecoderWeights(model, take);
    this.#caches = Array.from({ length: nLayer }, () => ({
      keys: take(cacheFloats),
      values: take(cacheFloats),
    }));
    this.#lengths = new Int32Array(rows);
    this.#x = take(sizes.x);
    this.#normed = take(sizes.normed);
    this.#qkv = take(sizes.qkv);
    this.#mixed = take(sizes.mixed);
    this.#inner = take(sizes.inner);
    this.#tanhs = take(sizes.tanhs);
    this.#scores = take(sizes.scores);
    this.#logits = take(rows * V);
  }

  /** Computes each distinct prompt once. */
  async prefill(
    prompts: readonly (readonly number[])[],
    pause: () => Promise<void>,
  ): Promise<readonly Float32Array[]> {
    const seen = new Map<string, { readonly row: number; readonly logits: Float32Array }>();
    const all: Float32Array[] = [];
    for (const [row, ids] of prompts.entries()) {
      const key = ids.join();
      let twin = seen.get(key);
      if (twin === undefined) {
        await pause();
        twin = { row, logits: this.#takeIn(row, ids).slice() };
        seen.set(key, twin);
      } else this.#copyRow(twin.row, row);
      all.push(twin.logits);
    }
    return all;
  }

  /** The first tokens of a row. Returns the logits [V] of what comes next, valid until the next call. */
  #takeIn(row: number, ids: readonly number[]): Float32Array {
    this.#lengths[row] = 0;
    const rows = ids.map(() => row);
    this.#run(rows, ids);
    return this.#readLogits([ids.length - 1]);
  }

  /** Gives `to` the tokens of `from`, without computing anything. */
  #copyRow(from: number, to: number): void {
    const size = this.#capacity * this.#shape.keyValueHeads * this.#shape.headDim;
    for (const { keys, values } of this.#caches) {
      keys.copyWithin(to * size, from * size, (from + 1) * size);
      values.copyWithin(to * size, from * size, (from + 1) * size);
    }
    this.#lengths[to] = this.#lengths[from] ?? 0;
  }

  step(rows: readonly number[], ids: readonly number[]): Float32Array {
    this.#run(rows, ids);
    return this.#readLogits(rows.map((_, i) => i));
  }

  release(): void {
    releaseArena(this.#arena);
  }

  /** Token i goes to the end of rows[i]; leaves the final states in #x. */
  #run(rows: readonly number[], ids: readonly number[]): void {
    const N = ids.length;
    const positions = rows.map((row) => {
      const position = this.#lengths[row] ?? 0;
      if (position >= this.#capacity) throw new Error(`Row ${row} is full at ${position} tokens.`);
      this.#lengths[row] = position + 1;
      return position;
    });
    this.#embed(ids, positions);
    for (const [layer, weights] of this.#weights.layers.entries()) {
      const cache = this.#caches[layer];
      if (cache === undefined) throw new Error(`Layer ${layer} has no cache.`);
      this.#normalise(weights.attentionNorm, N);
      this.#dense(weights.qkv, this.#normed, this.#qkv, N);
      for (let i = 0; i < N; i++) this.#attend(cache, i, rows[i] ?? 0, positions[i] ?? 0);
      this.#addDense(weights.attentionOut, this.#mixed, N);
      this.#mlp(weights, N);
    }
  }

  /** x = tokenRows[id], plus the position's row where positions are learned. */
  #embed(ids: readonly number[], places: readonly number[]): void {
    const D = this.#shape.width;
    const { tokenRows, positions } = this.#weights;
    ids.forEach((id, i) => {
      this.#x.set(tokenRows.subarray(id * D, (id + 1) * D), i * D);
      if (positions.kind === 'rotary') return;
      const from = (places[i] ?? 0) * D;
      for (let d = 0; d < D; d++)
        this.#x[i * D + d] = (this.#x[i * D + d] ?? 0) + (positions.rows[from + d] ?? 0);
    });
  }

  #mlp({ mlpNorm, mlpIn, mlpOut }: LayerWeights, N: number): void {
    const { inner, activation } = this.#shape;
    this.#normalise(mlpNorm, N);
    this.#dense(mlpIn, this.#normed, this.#inner, N);
    if (activation === 'gelu') {
      this.#arena.elementwise.gelu(this.#inner, this.#inner, this.#tanhs, 0, N * inner);
    } else gateInPlace(this.#inner, N, inner);
    this.#addDense(mlpOut, this.#inner, N);
  }

  #normalise({ gain, bias, eps }: Norm, N: number): void {
    const D = gain.length;
    for (let i = 0; i < N; i++) {
      if (bias === null) rmsNormaliseRow(this.#x, this.#normed, i * D, gain, eps);
      else normaliseRow(this.#x, this.#normed, i * D, { gain, bias, eps });
    }
  }

  /** y = x · W + b */
  #dense(dense: Dense, x: Float32Array, y: Float32Array, N: number): void {
    const { bias, outputs: M } = dense;
    if (bias !== null) for (let i = 0; i < N; i++) y.set(bias, i * M);
    this.#multiply(dense, x, y, N, bias === null ? 'set' : 'add');
  }

  /** The residual stream += x · W + b */
  #addDense(dense: Dense, x: Float32Array, N: number): void {
    const { bias, outputs: M } = dense;
    if (bias !== null) {
      for (let i = 0; i < N; i++) {
        for (let m = 0; m < M; m++) this.#x[i * M + m] = (this.#x[i * M + m] ?? 0) + (bias[m] ?? 0);
      }
    }
    this.#multiply(dense, x, this.#x, N, 'add');
  }

  #multiply(
    { weight, inputs: K, outputs: M }: Dense,
    x: Float32Array,
    y: Float32Array,
    N: number,
    mode: 'set' | 'add',
  ): void {
    this.#arena.multiply(
      { M: N, N: M, K },
      { values: x, at: 0, stride: K },
      { values: weight, at: 0, stride: M },
      { values: y, at: 0, stride: M },
      mode,
    );
  }

  /** Caches token i's keys and values, and lets its queries look at everything that its row holds. */
  #attend(cache: Cache, i: number, row: number, position: number): void {
    const { heads, keyValueHeads, headDim: hd } = this.#shape;
    const capacity = this.#capacity;
    const group = heads / keyValueHeads;
    const count = position + 1;
    const start = i * (heads + 2 * keyValueHeads) * hd;
    const [keyStart, valueStart] = [start + heads * hd, start + (heads + keyValueHeads) * hd];
    this.#turn(start, heads + keyValueHeads, position);
    const scores = { values: this.#scores, at: 0, stride: capacity };
    for (let h = 0; h < keyValueHeads; h++) {
      const cached = (row * keyValueHeads + h) * hd * capacity;
      for (let d = 0; d < hd; d++) {
        cache.keys[cached + d * capacity + position] = this.#qkv[keyStart + h * hd + d] ?? 0;
        cache.values[cached + position * hd + d] = this.#qkv[valueStart + h * hd + d] ?? 0;
      }
      const queries = { values: this.#qkv, at: start + h * group * hd, stride: hd };
      const keys = { values: cache.keys, at: cached, stride: capacity };
      this.#arena.multiply({ M: group, N: count, K: hd }, queries, keys, scores, 'set');
      for (let g = 0; g < group; g++) softmaxInPlace(this.#scores, g * capacity, count, 1 / Math.sqrt(hd));
      const values = { values: cache.values, at: cached, stride: hd };
      const mixed = { values: this.#mixed, at: (i * heads + h * group) * hd, stride: hd };
      this.#arena.multiply({ M: group, N: hd, K: count }, scores, values, mixed, 'set');
    }
  }

  /** Turns queries and keys, which lie one after another from `start`, where positions are rotary. */
  #turn(start: number, heads: number, position: number): void {
    const { positions } = this.#weights;
    if (positions.kind === 'learned') return;
    const { headDim } = this.#shape;
    for (let h = 0; h < heads; h++) turnHead(this.#qkv, start + h * headDim, positions.frequencies, position);
  }

  /** Logits of the tokens at the given places of the last run. */
  #readLogits(places: readonly number[]): Float32Array {
    const D = this.#shape.width;
    places.forEach((place, i) => this.#x.copyWithin(i * D, place * D, (place + 1) * D));
    this.#normalise(this.#weights.finalNorm, places.length);
    const logits = this.#logits.subarray(0, places.length * this.#vocabSize);
    this.#multiply(this.#weights.unembedding, this.#normed, logits, places.length, 'set');
    return logits;
  }
}

function workSizes(
  { width, heads, keyValueHeads, headDim, inner, activation }: DecoderShape,
  tokens: number,
  capacity: number,
) {
  return {
    x: tokens * width,
    normed: tokens * width,
    qkv: tokens * (heads + 2 * keyValueHeads) * headDim,
    mixed: tokens * heads * headDim,
    inner: tokens * inner * (activation === 'gelu' ? 1 : 2),
    tanhs: activation === 'gelu' ? tokens * inner : 0,
    scores: (heads / keyValueHeads) * capacity,
  };
}
