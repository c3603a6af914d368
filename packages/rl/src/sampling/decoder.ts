// One token after another through a decoder, with cached keys and values.
//
// It is written over a wasm memory of its own and not with TF.js: a step is a few small products, and recording,
// dispatching and disposing of tensors would cost more than the arithmetic. Rows are ragged: each has its own
// length, so there is no padding, and a row's numbers do not depend on the other rows of its batch.

import { attendCapacity } from '../engine/simd/attend.ts';
import type { Norm } from '../engine/simd/normalise.ts';
import { packedWidth, type PackedMatrix, type Rows } from '../engine/simd/packed-product.ts';
import { releaseArena, takeArena, viewsOf, type Arena } from './arena.ts';
import type { Decoding } from './decoding.ts';
import {
  decoderShapeOf,
  readDecoderWeights,
  weightSizesOf,
  type DecoderShape,
  type DecoderWeights,
  type LayerWeights,
  type WeightValues,
} from './decoder-weights.ts';
import { gateInPlace, turnHead } from './decoder-rows.ts';

interface Cache {
  /** [rows, keyValueHeads, headDim, capacity]: transposed, so that a query meets several keys at a time. */
  readonly keys: Float32Array;
  /** [rows, keyValueHeads, capacity, headDim] */
  readonly values: Float32Array;
  /** Where they begin, in bytes. */
  readonly keysAt: number;
  readonly valuesAt: number;
}

const BYTES = Float32Array.BYTES_PER_ELEMENT;

export class Decoder implements Decoding {
  readonly #shape: DecoderShape;
  readonly #vocabSize: number;
  readonly #arena: Arena;
  readonly #capacity: number;
  readonly #weights: DecoderWeights;
  readonly #caches: readonly Cache[];
  /** Tokens held by each row. */
  readonly #lengths: Int32Array;
  // Work space for as many tokens as one call may bring; rows that a product writes are whole panels long.
  readonly #x: Float32Array;
  readonly #normed: Float32Array;
  readonly #qkv: Float32Array;
  readonly #mixed: Float32Array;
  readonly #inner: Float32Array;
  /** Of GELU; of no further use here. */
  readonly #tanhs: Float32Array;
  /** Of one query, [capacity]. */
  readonly #scores: Float32Array;
  readonly #logits: Float32Array;
  /** Where some of it begins, in bytes. */
  readonly #at: Readonly<Record<'qkv' | 'mixed' | 'scores', number>>;

  /** A copy of the model's weights as they are now, with room for `rows` sequences of `capacity` tokens. */
  constructor(model: WeightValues, rows: number, capacity: number) {
    const shape = decoderShapeOf(model);
    const { nLayer, vocabSize: V } = model.config;
    this.#shape = shape;
    this.#vocabSize = V;
    this.#capacity = attendCapacity(capacity);
    const cacheSize = rows * this.#capacity * shape.keyValueHeads * shape.headDim;
    const cacheSizes = new Array<number>(2 * nLayer).fill(cacheSize);
    const sizes = workSizes(shape, Math.max(rows, capacity), this.#capacity);
    const logitsSize = rows * packedWidth(V);
    this.#arena = takeArena([...weightSizesOf(model), ...cacheSizes, ...Object.values(sizes), logitsSize]);
    const take = viewsOf(this.#arena);
    this.#weights = readDecoderWeights(model, take);
    this.#caches = Array.from({ length: nLayer }, () => {
      const [keys, values] = [take(cacheSize), take(cacheSize)];
      return { keys, values, keysAt: keys.byteOffset, valuesAt: values.byteOffset };
    });
    this.#lengths = new Int32Array(rows);
    this.#x = take(sizes.x);
    this.#normed = take(sizes.normed);
    this.#qkv = take(sizes.qkv);
    this.#mixed = take(sizes.mixed);
    this.#inner = take(sizes.inner);
    this.#tanhs = take(sizes.tanhs);
    this.#scores = take(sizes.scores);
    this.#logits = take(logitsSize);
    this.#at = {
      qkv: this.#qkv.byteOffset,
      mixed: this.#mixed.byteOffset,
      scores: this.#scores.byteOffset,
    };
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
    this.#run(rows, ids, ids.length - 1);
    return this.#readLogits(1);
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
    this.#run(rows, ids, 0);
    return this.#readLogits(rows.length);
  }

  release(): void {
    releaseArena(this.#arena);
  }

  /**
   * Token i goes to the end of rows[i]. Leaves the final states of the tokens from `first` on in #x: after the attention
   * of the last layer those before it matter no more.
   */
  #run(rows: readonly number[], ids: readonly number[], first: number): void {
    const N = ids.length;
    const positions = rows.map((row) => {
      const position = this.#lengths[row] ?? 0;
      if (position >= this.#capacity) throw new Error(`Row ${row} is full at ${position} tokens.`);
      this.#lengths[row] = position + 1;
      return position;
    });
    this.#embed(ids, positions);
    const mixedRow = this.#shape.heads * this.#shape.headDim;
    for (const [layer, weights] of this.#weights.layers.entries()) {
      const cache = this.#caches[layer];
      if (cache === undefined) throw new Error(`Layer ${layer} has no cache.`);
      this.#normalise(weights.attentionNorm, N);
      this.#product(weights.qkv, this.#normed, this.#qkv, N);
      for (let i = 0; i < N; i++) this.#attend(cache, i, rows[i] ?? 0, positions[i] ?? 0);
      const from = layer === this.#weights.layers.length - 1 ? first : 0;
      if (from > 0) {
        this.#x.copyWithin(0, from * this.#rowLength, N * this.#rowLength);
        this.#mixed.copyWithin(0, from * mixedRow, N * mixedRow);
      }
      this.#addProduct(weights.attentionOut, { values: this.#mixed, stride: mixedRow }, N - from);
      this.#mlp(weights, N - from);
    }
  }

  /** Numbers from a row of the residual stream to the next. */
  get #rowLength(): number {
    return packedWidth(this.#shape.width);
  }

  /** x = tokenRows[id], plus the position's row where positions are learned. */
  #embed(ids: readonly number[], places: readonly number[]): void {
    const D = this.#shape.width;
    const { tokenRows, positions } = this.#weights;
    ids.forEach((id, i) => {
      const at = i * this.#rowLength;
      this.#x.set(tokenRows.subarray(id * D, (id + 1) * D), at);
      if (positions.kind === 'rotary') return;
      const from = (places[i] ?? 0) * D;
      for (let d = 0; d < D; d++) this.#x[at + d] = (this.#x[at + d] ?? 0) + (positions.rows[from + d] ?? 0);
    });
  }

  #mlp({ mlpNorm, mlpIn, mlpOut }: LayerWeights, N: number): void {
    const { inner, activation } = this.#shape;
    const stride = packedWidth(mlpIn.outputs);
    this.#normalise(mlpNorm, N);
    this.#product(mlpIn, this.#normed, this.#inner, N);
    if (activation === 'gelu') {
      this.#arena.elementwise.gelu(this.#inner, this.#inner, this.#tanhs, 0, N * stride);
      this.#addProduct(mlpOut, { values: this.#inner, stride }, N);
    } else {
      gateInPlace(this.#inner, N, inner, stride);
      this.#addProduct(mlpOut, { values: this.#inner, stride: inner }, N);
    }
  }

  #normalise(norm: Norm, N: number): void {
    this.#arena.normalise(N, this.#x, this.#normed, this.#rowLength, norm);
  }

  /** y = x · W + b, of rows of the stream's length */
  #product(matrix: PackedMatrix, x: Float32Array, y: Float32Array, N: number): void {
    const to = { values: y, stride: packedWidth(matrix.outputs) };
    this.#arena.multiply(N, { values: x, stride: this.#rowLength }, matrix, to, 'set');
  }

  /** The residual stream += x · W + b */
  #addProduct(matrix: PackedMatrix, x: Rows, N: number): void {
    this.#arena.multiply(N, x, matrix, { values: this.#x, stride: this.#rowLength }, 'add');
  }

  /** Caches token i's keys and values, and lets its queries look at everything that its row holds. */
  #attend(cache: Cache, i: number, row: number, position: number): void {
    const { heads, keyValueHeads, headDim: hd } = this.#shape;
    const { attend } = this.#arena;
    const capacity = this.#capacity;
    const group = heads / keyValueHeads;
    const count = position + 1;
    const start = i * packedWidth((heads + 2 * keyValueHeads) * hd);
    this.#turn(start, heads + keyValueHeads, position);
    // All in bytes from here on.
    const headBytes = BYTES * hd;
    const { qkv, scores, mixed } = this.#at;
    const queries = qkv + BYTES * start;
    const keysFrom = queries + heads * headBytes;
    const valuesFrom = keysFrom + keyValueHeads * headBytes;
    for (let h = 0; h < keyValueHeads; h++) {
      const held = (row * keyValueHeads + h) * capacity * headBytes;
      const [keys, values] = [cache.keysAt + held, cache.valuesAt + held];
      attend.keep(hd, capacity, count, keysFrom + h * headBytes, valuesFrom + h * headBytes, keys, values);
      for (let head = h * group; head < (h + 1) * group; head++) {
        const out = mixed + (i * heads + head) * headBytes;
        attend.mix(hd, capacity, count, queries + head * headBytes, keys, values, scores, out);
      }
    }
  }

  /** Turns queries and keys, which lie one after another from `start`, where positions are rotary. */
  #turn(start: number, heads: number, position: number): void {
    const { positions } = this.#weights;
    if (positions.kind === 'learned') return;
    const { headDim } = this.#shape;
    for (let h = 0; h < heads; h++) turnHead(this.#qkv, start + h * headDim, positions.frequencies, position);
  }

  /** Logits of the first N states in #x. */
  #readLogits(N: number): Float32Array {
    const V = this.#vocabSize;
    this.#normalise(this.#weights.finalNorm, N);
    this.#product(this.#weights.unembedding, this.#normed, this.#logits, N);
    const stride = packedWidth(V);
    if (stride > V) for (let i = 1; i < N; i++) this.#logits.copyWithin(i * V, i * stride, i * stride + V);
    return this.#logits.subarray(0, N * V);
  }
}

function workSizes(
  { width, heads, keyValueHeads, headDim, inner, activation }: DecoderShape,
  tokens: number,
  capacity: number,
) {
  const innerRow = packedWidth(activation === 'gelu' ? inner : 2 * inner);
  return {
    x: tokens * packedWidth(width),
    normed: tokens * packedWidth(width),
    qkv: tokens * packedWidth((heads + 2 * keyValueHeads) * headDim),
    mixed: tokens * heads * headDim,
    inner: tokens * innerRow,
    tanhs: activation === 'gelu' ? tokens * innerRow : 0,
    scores: capacity,
  };
}
