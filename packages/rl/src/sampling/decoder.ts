// One token after another through a decoder, with cached keys and values.
//
// It is written over a wasm memory of its own and not with TF.js: a step is a few small products, and recording,
// dispatching and disposing of tensors would cost more than the arithmetic. Rows are ragged: each has its own
// length, so there is no padding, and a row's numbers do not depend on the other rows of its batch.

import { fastExp } from '../engine/kernels/exp.ts';
import { normaliseRow } from '../engine/kernels/layer-norm.ts';
import { elementwiseIn, type Elementwise } from '../engine/simd/elementwise.ts';
import { multiplyIn, type Multiply } from '../engine/simd/multiply.ts';
import type { CausalLm, CausalLmConfig } from '../models/causal-lm.ts';

const PAGE_BYTES = 65_536;

interface Arena {
  readonly memory: WebAssembly.Memory;
  readonly multiply: Multiply;
  readonly elementwise: Elementwise;
}

/** Memories are used again: each reserves gigabytes of address space until it is collected. */
const idleArenas: Arena[] = [];

function takeArena(floats: number): Arena {
  const pages = Math.ceil((floats * 4) / PAGE_BYTES) + 1;
  const idle = idleArenas.pop();
  if (idle === undefined) {
    const memory = new WebAssembly.Memory({ initial: pages });
    return { memory, multiply: multiplyIn(memory), elementwise: elementwiseIn(memory) };
  }
  const missing = pages - idle.memory.buffer.byteLength / PAGE_BYTES;
  if (missing > 0) idle.memory.grow(missing);
  return idle;
}

interface Layer {
  readonly norm1: Norm;
  readonly norm2: Norm;
  readonly qkv: Dense;
  readonly attnOut: Dense;
  readonly fc: Dense;
  readonly mlpOut: Dense;
  /** [rows, H, hd, capacity]: transposed, so that a query meets all keys of a row in one product. */
  readonly keys: Float32Array;
  /** [rows, H, capacity, hd] */
  readonly values: Float32Array;
}
interface Norm {
  readonly gain: Float32Array;
  readonly bias: Float32Array;
  readonly eps: number;
}
interface Dense {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export class Decoder {
  readonly #config: CausalLmConfig;
  readonly #arena: Arena;
  readonly #capacity: number;
  readonly #layers: readonly Layer[];
  readonly #finalNorm: Norm;
  readonly #tokenRows: Float32Array;
  readonly #positionRows: Float32Array;
  /** [D, V] */
  readonly #unembedding: Float32Array;
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
  readonly #scores: Float32Array;
  readonly #logits: Float32Array;

  /** A copy of the model's weights as they are now, with room for `rows` sequences of `capacity` tokens. */
  constructor(model: CausalLm, rows: number, capacity: number) {
    const { nEmbd: D, nLayer, vocabSize: V, layerNormEpsilon: eps } = model.config;
    const tokens = Math.max(rows, capacity);
    const weightFloats = [...model.params.values()].reduce((sum, variable) => sum + variable.size, V * D);
    const cacheFloats = 2 * nLayer * rows * capacity * D;
    const workFloats = tokens * 14 * D + capacity + rows * V;
    this.#config = model.config;
    this.#capacity = capacity;
    this.#arena = takeArena(weightFloats + cacheFloats + workFloats);
    let used = 0;
    const take = (size: number): Float32Array => {
      const view = new Float32Array(this.#arena.memory.buffer, used * 4, size);
      used += size;
      return view;
    };
    const weights = (name: string): Float32Array => {
      const values = model.param(`transformer.${name}`).dataSync<'float32'>();
      const view = take(values.length);
      view.set(values);
      return view;
    };
    const norm = (name: string): Norm => ({
      gain: weights(`${name}.weight`),
      bias: weights(`${name}.bias`),
      eps,
    });
    const dense = (name: string): Dense => ({
      weight: weights(`${name}.weight`),
      bias: weights(`${name}.bias`),
    });
    this.#layers = Array.from({ length: nLayer }, (_, layer) => ({
      norm1: norm(`h.${layer}.ln_1`),
      norm2: norm(`h.${layer}.ln_2`),
      qkv: dense(`h.${layer}.attn.c_attn`),
      attnOut: dense(`h.${layer}.attn.c_proj`),
      fc: dense(`h.${layer}.mlp.c_fc`),
      mlpOut: dense(`h.${layer}.mlp.c_proj`),
      keys: take(rows * capacity * D),
      values: take(rows * capacity * D),
    }));
    this.#finalNorm = norm('ln_f');
    this.#tokenRows = weights('wte.weight');
    this.#positionRows = weights('wpe.weight');
    this.#unembedding = take(V * D);
    for (let v = 0; v < V; v++) {
      for (let d = 0; d < D; d++) this.#unembedding[d * V + v] = this.#tokenRows[v * D + d] ?? 0;
    }
    this.#lengths = new Int32Array(rows);
    this.#x = take(tokens * D);
    this.#normed = take(tokens * D);
    this.#qkv = take(tokens * 3 * D);
    this.#mixed = take(tokens * D);
    this.#inner = take(tokens * 4 * D);
    this.#tanhs = take(tokens * 4 * D);
    this.#scores = take(capacity);
    this.#logits = take(rows * V);
  }

  /** Takes a row's first tokens in. Returns the logits [V] of what comes next, valid until the next call. */
  prefill(row: number, ids: readonly number[]): Float32Array {
    this.#lengths[row] = 0;
    const rows = ids.map(() => row);
    this.#run(rows, ids);
    return this.#readLogits([ids.length - 1]);
  }

  /** Gives `to` the tokens of `from`, without computing anything. */
  copyRow(from: number, to: number): void {
    const size = this.#capacity * this.#config.nEmbd;
    for (const { keys, values } of this.#layers) {
      keys.copyWithin(to * size, from * size, (from + 1) * size);
      values.copyWithin(to * size, from * size, (from + 1) * size);
    }
    this.#lengths[to] = this.#lengths[from] ?? 0;
  }

  /** Adds one token to each of `rows`. Returns logits [rows, V], valid until the next call. */
  step(rows: readonly number[], ids: readonly number[]): Float32Array {
    this.#run(rows, ids);
    return this.#readLogits(rows.map((_, i) => i));
  }

  /** Lets another decoder use the memory; this one must not be used again. */
  release(): void {
    idleArenas.push(this.#arena);
  }

  /** Token i goes to the end of rows[i]; leaves the final states in #x. */
  #run(rows: readonly number[], ids: readonly number[]): void {
    const N = ids.length;
    const D = this.#config.nEmbd;
    const positions = rows.map((row) => {
      const position = this.#lengths[row] ?? 0;
      if (position >= this.#capacity) throw new Error(`Row ${row} is full at ${position} tokens.`);
      this.#lengths[row] = position + 1;
      return position;
    });
    ids.forEach((id, i) => {
      for (let d = 0; d < D; d++) {
        const position = this.#positionRows[(positions[i] ?? 0) * D + d] ?? 0;
        this.#x[i * D + d] = (this.#tokenRows[id * D + d] ?? 0) + position;
      }
    });
    for (const layer of this.#layers) {
      this.#normalise(layer.norm1, N);
      this.#dense(layer.qkv, this.#normed, this.#qkv, N);
      for (let i = 0; i < N; i++) this.#attend(layer, i, rows[i] ?? 0, positions[i] ?? 0);
      this.#addDense(layer.attnOut, this.#mixed, N);
      this.#normalise(layer.norm2, N);
      this.#dense(layer.fc, this.#normed, this.#inner, N);
      this.#arena.elementwise.gelu(this.#inner, this.#inner, this.#tanhs, 0, N * 4 * D);
      this.#addDense(layer.mlpOut, this.#inner, N);
    }
  }

  #normalise(norm: Norm, N: number): void {
    const D = norm.gain.length;
    for (let i = 0; i < N; i++) normaliseRow(this.#x, this.#normed, i * D, norm);
  }

  /** y = x · W + b */
  #dense({ weight, bias }: Dense, x: Float32Array, y: Float32Array, N: number): void {
    const M = bias.length;
    const K = weight.length / M;
    for (let i = 0; i < N; i++) y.set(bias, i * M);
    this.#multiply(N, M, K, x, weight, y);
  }

  /** The residual stream += x · W + b */
  #addDense({ weight, bias }: Dense, x: Float32Array, N: number): void {
    const M = bias.length;
    for (let i = 0; i < N; i++) {
      for (let m = 0; m < M; m++) this.#x[i * M + m] = (this.#x[i * M + m] ?? 0) + (bias[m] ?? 0);
    }
    this.#multiply(N, M, weight.length / M, x, weight, this.#x);
  }

  #multiply(N: number, M: number, K: number, x: Float32Array, weight: Float32Array, y: Float32Array): void {
    this.#arena.multiply(
      { M: N, N: M, K },
      { values: x, at: 0, stride: K },
      { values: weight, at: 0, stride: M },
      { values: y, at: 0, stride: M },
      'add',
    );
  }

  /** Caches token i's keys and values, and lets its queries look at everything that its row holds. */
  #attend(layer: Layer, i: number, row: number, position: number): void {
    const { nEmbd: D, nHead: H } = this.#config;
    const hd = D / H;
    const capacity = this.#capacity;
    const count = position + 1;
    const scores = this.#scores;
    const scoreRow = { values: scores, at: 0, stride: capacity };
    for (let h = 0; h < H; h++) {
      const q = i * 3 * D + h * hd;
      const cached = (row * H + h) * hd * capacity;
      for (let d = 0; d < hd; d++) {
        layer.keys[cached + d * capacity + position] = this.#qkv[q + D + d] ?? 0;
        layer.values[cached + position * hd + d] = this.#qkv[q + 2 * D + d] ?? 0;
      }
      const query = { values: this.#qkv, at: q, stride: 3 * D };
      const keys = { values: layer.keys, at: cached, stride: capacity };
      this.#arena.multiply({ M: 1, N: count, K: hd }, query, keys, scoreRow, 'set');
      softmaxInPlace(scores, count, 1 / Math.sqrt(hd));
      const values = { values: layer.values, at: cached, stride: hd };
      const mixed = { values: this.#mixed, at: i * D + h * hd, stride: D };
      this.#arena.multiply({ M: 1, N: hd, K: count }, scoreRow, values, mixed, 'set');
    }
  }

  /** Logits of the tokens at the given places of the last run. */
  #readLogits(places: readonly number[]): Float32Array {
    const { nEmbd: D, vocabSize: V } = this.#config;
    places.forEach((place, i) => {
      this.#x.copyWithin(i * D, place * D, (place + 1) * D);
      normaliseRow(this.#x, this.#normed, i * D, this.#finalNorm);
    });
    const logits = this.#logits.subarray(0, places.length * V);
    logits.fill(0);
    this.#multiply(places.length, V, D, this.#normed, this.#unembedding, logits);
    return logits;
  }
}

function softmaxInPlace(scores: Float32Array, count: number, scale: number): void {
  let max = -Infinity;
  for (let i = 0; i < count; i++) max = Math.max(max, scores[i] ?? 0);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const weight = fastExp(((scores[i] ?? 0) - max) * scale);
    scores[i] = weight;
    sum += weight;
  }
  for (let i = 0; i < count; i++) scores[i] = (scores[i] ?? 0) / sum;
}
