// C = A · W + bias, or C += A · W + bias, for a W that is multiplied with again and again.
//
// W is copied once into panels of 8 columns, each of them one stretch of memory. Read where it lies, the rows of a tile
// are a power of two bytes apart, fall on the same few places of the first cache, and push each other out of it.
// Few rows of A, as in a decoding step, leave nothing to make up for that.
//
// Every element of C is its bias (and what C held) plus products in the order of k, however many rows there are: a row's
// result does not depend on the rows that it is computed with.

import { multiplyAdd } from './multiply-add.ts';
import {
  assembleModule,
  f32x4,
  get,
  I32,
  i32,
  ifElse,
  instantiate,
  Locals,
  set,
  V128,
  whileLoop,
  type Code,
} from './assembler.ts';

const PANEL = 8;
const BYTES = 4;
const PANEL_BYTES = PANEL * BYTES;
const ROW_TILES = [4, 2, 1];
const UNROLL = 4;

/** A matrix [inputs, outputs] in panels, with its bias; columns are filled up with zeros to whole panels. */
export interface PackedMatrix {
  /** [panels, inputs, 8] */
  readonly panels: Float32Array;
  /** [panels · 8] */
  readonly bias: Float32Array;
  readonly inputs: number;
  readonly outputs: number;
}

/** Rows of A or C: the first element, and the elements from one row to the next. */
export interface Rows {
  readonly values: Float32Array;
  readonly stride: number;
}

/** Rows of C have to be as long as `packedWidth` says: whole panels are written. */
export type PackedProduct = (
  rows: number,
  a: Rows,
  matrix: PackedMatrix,
  c: Rows,
  mode: 'set' | 'add',
) => void;

/** `outputs` filled up to whole panels. */
export function packedWidth(outputs: number): number {
  return Math.ceil(outputs / PANEL) * PANEL;
}

/** Where a matrix comes from: [inputs, outputs] by rows, or [outputs, inputs] if `transposed`. */
export interface PackSource {
  readonly values: Float32Array;
  readonly inputs: number;
  readonly outputs: number;
  readonly transposed?: boolean;
}

/** The matrix of several that stand side by side, in views that `take` gives room for. */
export function packMatrix(
  sources: readonly PackSource[],
  bias: readonly Float32Array[],
  take: (size: number) => Float32Array,
): PackedMatrix {
  const inputs = sources[0]?.inputs ?? 0;
  const outputs = sources.reduce((sum, source) => sum + source.outputs, 0);
  const width = packedWidth(outputs);
  const panels = take(width * inputs).fill(0);
  let first = 0;
  for (const { values, outputs: own, transposed = false } of sources) {
    const [rowStep, columnStep] = transposed ? [1, inputs] : [own, 1];
    // As many columns at a time as lie in one panel: both sides are then read and written in stretches.
    for (let m = 0; m < own;) {
      const lane = (first + m) % PANEL;
      const columns = Math.min(PANEL - lane, own - m);
      const panel = (first + m - lane) * inputs + lane;
      for (let k = 0; k < inputs; k++) {
        const [from, to] = [k * rowStep + m * columnStep, panel + k * PANEL];
        for (let i = 0; i < columns; i++) panels[to + i] = values[from + i * columnStep] ?? 0;
      }
      m += columns;
    }
    first += own;
  }
  const packedBias = take(width).fill(0);
  let at = 0;
  for (const part of bias) {
    packedBias.set(part, at);
    at += part.length;
  }
  return { panels, bias: packedBias, inputs, outputs };
}

/** Products of views of `memory`. */
export function packedProductIn(memory: WebAssembly.Memory): PackedProduct {
  const run = instantiate(packedModule(), memory);
  return (rows, a, { panels, bias, inputs }, c, mode) => {
    run(
      rows,
      bias.length / PANEL,
      inputs,
      a.values.byteOffset,
      a.stride * BYTES,
      panels.byteOffset,
      bias.byteOffset,
      c.values.byteOffset,
      c.stride * BYTES,
      mode === 'add' ? 1 : 0,
    );
  };
}

function packedModule(): Uint8Array<ArrayBuffer> {
  const locals = new Locals();
  const params = new Array<number>(10).fill(I32);
  params.forEach(locals.add);
  const [M, panels, K, a, aStride, b, bias, c, cStride, accumulate] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
  const [m, k, bAt] = [locals.add(I32), locals.add(I32), locals.add(I32)];
  const rows = Array.from({ length: Math.max(...ROW_TILES) }, () => ({
    a: locals.add(I32),
    c: locals.add(I32),
    sums: [locals.add(V128), locals.add(V128)],
  }));
  const bVectors = [locals.add(V128), locals.add(V128)];
  const factor = locals.add(V128);
  const move = (pointer: number, by: Code): Code => set(pointer, i32.add(get(pointer), by));
  const address = (base: number, stride: number, r: number): Code =>
    i32.add(get(base), i32.mul(i32.add(get(m), i32.const(r)), get(stride)));

  /** `height` rows of one panel's columns, from row m. */
  function tile(height: number): Code {
    const used = rows.slice(0, height);
    const eachSum = (code: (sum: number, row: (typeof rows)[number], offset: number) => Code): Code =>
      used.flatMap((row) => row.sums.flatMap((sum, i) => code(sum, row, 16 * i)));
    /** sums += A[.., k + ahead] · W[k + ahead, ..] */
    const addProducts = (ahead: number): Code => [
      ...bVectors.flatMap((vector, i) => set(vector, f32x4.load(get(bAt), ahead * PANEL_BYTES + 16 * i))),
      ...used.flatMap((row) => [
        ...set(factor, f32x4.loadSplat(get(row.a), ahead * BYTES)),
        ...row.sums.flatMap((sum, i) => set(sum, multiplyAdd(get(factor), get(bVectors[i] ?? 0), get(sum)))),
      ]),
    ];
    const turn = (steps: number): Code => [
      ...Array.from({ length: steps }, (_, ahead) => addProducts(ahead)).flat(),
      ...move(bAt, i32.const(steps * PANEL_BYTES)),
      ...used.flatMap((row) => move(row.a, i32.const(steps * BYTES))),
      ...move(k, i32.const(steps)),
    ];
    return [
      ...used.flatMap((row, r) => [
        ...set(row.a, address(a, aStride, r)),
        ...set(row.c, address(c, cStride, r)),
      ]),
      ...set(bAt, get(b)),
      ...set(k, i32.const(0)),
      ...eachSum((sum, _, offset) => set(sum, f32x4.load(get(bias), offset))),
      ...ifElse(
        get(accumulate),
        eachSum((sum, row, offset) => set(sum, f32x4.add(get(sum), f32x4.load(get(row.c), offset)))),
        [],
      ),
      ...whileLoop(i32.atLeast(get(K), i32.add(get(k), i32.const(UNROLL))), turn(UNROLL)),
      ...whileLoop(i32.lessThan(get(k), get(K)), turn(1)),
      ...eachSum((sum, row, offset) => f32x4.store(get(row.c), get(sum), offset)),
    ];
  }

  const body = whileLoop(i32.greaterThan(get(panels), i32.const(0)), [
    ...set(m, i32.const(0)),
    ...ROW_TILES.flatMap((height) =>
      whileLoop(i32.atLeast(get(M), i32.add(get(m), i32.const(height))), [
        ...tile(height),
        ...move(m, i32.const(height)),
      ]),
    ),
    ...move(b, i32.mul(get(K), i32.const(PANEL_BYTES))),
    ...move(bias, i32.const(PANEL_BYTES)),
    ...move(c, i32.const(PANEL_BYTES)),
    ...set(panels, i32.sub(get(panels), i32.const(1))),
  ]);
  return assembleModule(params, locals, body);
}
