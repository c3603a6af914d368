// A new token among the tokens that its row holds: its key and value are kept, and its query meets them all,
// softmax(q · K / √headDim) · V.

import {
  assembleModule,
  F32,
  f32,
  f32x4,
  get,
  I32,
  i32,
  instantiate,
  Locals,
  set,
  V128,
  whileLoop,
  type Code,
} from './assembler.ts';
import { exp } from './elementwise.ts';
import { multiplyAdd } from './multiply-add.ts';

const BYTES = 4;
const VECTOR_BYTES = 16;
/** Keys that are met at a time: four vectors. */
const KEY_BLOCK = 16;
/** Numbers of a value that are mixed at a time. */
const VALUE_BLOCKS = [32, 16, 4];
/** Below every score, and far enough from the lowest float not to overflow when another is subtracted. */
const NO_SCORE = -1e38;

/** Sizes in numbers, places as addresses in bytes: called for every head of every token, they are not worth objects. */
export interface Attend {
  /**
   * The key and the value of the last token, both [headDim], go to the ends of keys [headDim, capacity] and values
   * [capacity, headDim], which then hold `count`.
   */
  keep(
    headDim: number,
    capacity: number,
    count: number,
    key: number,
    value: number,
    keys: number,
    values: number,
  ): void;
  /** query [headDim] -> out [headDim]; `scores` [capacity] are for its own use. */
  mix(
    headDim: number,
    capacity: number,
    count: number,
    query: number,
    keys: number,
    values: number,
    scores: number,
    out: number,
  ): void;
}

/** Room for so many tokens, in whole blocks. */
export function attendCapacity(tokens: number): number {
  return Math.ceil(tokens / KEY_BLOCK) * KEY_BLOCK;
}

/** Works on `memory`. */
export function attendIn(memory: WebAssembly.Memory): Attend {
  const keep = instantiate(keepModule(), memory);
  const mix = instantiate(mixModule(), memory);
  return {
    keep(headDim, capacity, count, key, value, keys, values) {
      const place = count - 1;
      keep(headDim, capacity * BYTES, key, value, keys + place * BYTES, values + place * headDim * BYTES);
    },
    mix(headDim, capacity, count, query, keys, values, scores, out) {
      mix(headDim, capacity * BYTES, count, query, keys, values, scores, out, 1 / Math.sqrt(headDim));
    },
  };
}

function keepModule(): Uint8Array<ArrayBuffer> {
  const params = [I32, I32, I32, I32, I32, I32];
  const locals = new Locals();
  params.forEach(locals.add);
  const [headDim, keyStride, key, value, keyTo, valueTo] = [0, 1, 2, 3, 4, 5] as const;
  const move = (pointer: number, by: Code): Code => set(pointer, i32.add(get(pointer), by));
  const body = whileLoop(i32.greaterThan(get(headDim), i32.const(0)), [
    ...f32.store(get(keyTo), f32.load(get(key))),
    ...f32.store(get(valueTo), f32.load(get(value))),
    ...[key, value, valueTo].flatMap((pointer) => move(pointer, i32.const(BYTES))),
    ...move(keyTo, get(keyStride)),
    ...move(headDim, i32.const(-1)),
  ]);
  return assembleModule(params, locals, body);
}

function mixModule(): Uint8Array<ArrayBuffer> {
  const params = [I32, I32, I32, I32, I32, I32, I32, I32, F32];
  const locals = new Locals();
  params.forEach(locals.add);
  const [headDim, keyStride, count, query, keys, values, scores, out, scale] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8,
  ] as const;
  const index = (): number => locals.add(I32);
  const [j, d, at, keyAt, from, end, valueStride] = [
    index(),
    index(),
    index(),
    index(),
    index(),
    index(),
    index(),
  ];
  const sums = Array.from({ length: 8 }, () => locals.add(V128));
  const [x, k, factor] = [locals.add(V128), locals.add(V128), locals.add(V128)];
  const [number, most] = [locals.add(F32), locals.add(F32)];
  const move = (pointer: number, by: Code): Code => set(pointer, i32.add(get(pointer), by));
  const bytes = (elements: number): Code => i32.mul(get(elements), i32.const(BYTES));
  const acrossLanes = (join: (a: Code, b: Code) => Code, vector: number): Code =>
    [1, 2, 3].map((lane) => f32x4.lane(get(vector), lane)).reduce(join, f32x4.lane(get(vector), 0));
  const scoreSums = sums.slice(0, KEY_BLOCK / 4);

  // scores[j] = Σ_d q[d] · K[d][j], a block of j at a time; what is read beyond `count` is overwritten below.
  const meetKeys: Code = [
    ...set(j, i32.const(0)),
    ...whileLoop(i32.lessThan(get(j), get(count)), [
      ...scoreSums.flatMap((sum) => set(sum, f32x4.const(0))),
      ...set(at, get(query)),
      ...set(keyAt, i32.add(get(keys), bytes(j))),
      ...set(d, get(headDim)),
      ...whileLoop(i32.greaterThan(get(d), i32.const(0)), [
        ...set(factor, f32x4.loadSplat(get(at))),
        ...scoreSums.flatMap((sum, i) =>
          set(sum, multiplyAdd(get(factor), f32x4.load(get(keyAt), VECTOR_BYTES * i), get(sum))),
        ),
        ...move(at, i32.const(BYTES)),
        ...move(keyAt, get(keyStride)),
        ...set(d, i32.sub(get(d), i32.const(1))),
      ]),
      ...set(at, i32.add(get(scores), bytes(j))),
      ...scoreSums.flatMap((sum, i) => f32x4.store(get(at), get(sum), VECTOR_BYTES * i)),
      ...move(j, i32.const(KEY_BLOCK)),
    ]),
    // j is now the count in whole blocks.
    ...set(end, i32.add(get(scores), bytes(j))),
    ...set(at, i32.add(get(scores), bytes(count))),
    ...whileLoop(i32.lessThan(get(at), get(end)), [
      ...f32.store(get(at), f32.const(NO_SCORE)),
      ...move(at, i32.const(BYTES)),
    ]),
  ];

  const overScores = (step: Code): Code => [
    ...set(at, get(scores)),
    ...whileLoop(i32.lessThan(get(at), get(end)), [...step, ...move(at, i32.const(VECTOR_BYTES))]),
  ];
  const [highest = 0, total = 0] = sums;
  // exp(scale · (score - highest)), and their sum.
  const weigh: Code = [
    ...set(highest, f32x4.const(NO_SCORE)),
    ...overScores(set(highest, f32x4.max(get(highest), f32x4.load(get(at))))),
    ...set(most, acrossLanes(f32.max, highest)),
    ...set(total, f32x4.const(0)),
    ...overScores([
      ...set(x, f32x4.mul(f32x4.sub(f32x4.load(get(at)), f32x4.splat(get(most))), f32x4.splat(get(scale)))),
      ...set(x, exp(x, k, multiplyAdd)),
      ...f32x4.store(get(at), get(x)),
      ...set(total, f32x4.add(get(total), get(x))),
    ]),
    ...set(number, f32.div(f32.const(1), acrossLanes(f32.add, total))),
  ];

  // out[d] = Σ_j weight[j] · V[j][d] / sum; only real tokens are read, as anything may lie behind them.
  const eachToken = (step: Code): Code => [
    ...set(at, get(scores)),
    ...set(from, i32.add(get(values), bytes(d))),
    ...whileLoop(i32.lessThan(get(at), get(end)), [
      ...step,
      ...move(at, i32.const(BYTES)),
      ...move(from, get(valueStride)),
    ]),
  ];
  const mixVectors = (width: number): Code => {
    const used = sums.slice(0, width / 4);
    return [
      ...used.flatMap((sum) => set(sum, f32x4.const(0))),
      ...eachToken([
        ...set(factor, f32x4.loadSplat(get(at))),
        ...used.flatMap((sum, i) =>
          set(sum, multiplyAdd(get(factor), f32x4.load(get(from), VECTOR_BYTES * i), get(sum))),
        ),
      ]),
      ...set(factor, f32x4.splat(get(number))),
      ...used.flatMap((sum, i) =>
        f32x4.store(i32.add(get(out), bytes(d)), f32x4.mul(get(sum), get(factor)), VECTOR_BYTES * i),
      ),
    ];
  };
  const mixNumber: Code = [
    ...set(most, f32.const(0)),
    ...eachToken(set(most, f32.add(get(most), f32.mul(f32.load(get(at)), f32.load(get(from)))))),
    ...f32.store(i32.add(get(out), bytes(d)), f32.mul(get(most), get(number))),
  ];
  const whileFits = (width: number, body: Code): Code =>
    whileLoop(i32.atLeast(get(headDim), i32.add(get(d), i32.const(width))), [
      ...body,
      ...move(d, i32.const(width)),
    ]);
  const mix: Code = [
    ...set(end, i32.add(get(scores), bytes(count))),
    ...set(valueStride, bytes(headDim)),
    ...set(d, i32.const(0)),
    ...VALUE_BLOCKS.flatMap((width) => whileFits(width, mixVectors(width))),
    ...whileFits(1, mixNumber),
  ];
  return assembleModule(params, locals, [...meetKeys, ...weigh, ...mix]);
}
