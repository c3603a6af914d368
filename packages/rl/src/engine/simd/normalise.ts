// Layer norm and RMS norm of rows, forward only: what a decoder does before every product.

import {
  assembleModule,
  F32,
  f32,
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

const BYTES = 4;
const LANES = 4;

export interface Norm {
  /** [D] */
  readonly gain: Float32Array;
  /** [D]; null: RMS norm, which subtracts no mean either. */
  readonly bias: Float32Array | null;
  readonly eps: number;
}

/** Rows of x, `stride` numbers apart, to the same places of y: (x - μ) / √(σ² + eps) · gain + bias, or x / √(mean x² + eps) · gain. */
export type Normalise = (rows: number, x: Float32Array, y: Float32Array, stride: number, norm: Norm) => void;

/** Works on views of `memory`. */
export function normaliseIn(memory: WebAssembly.Memory): Normalise {
  const run = instantiate(normaliseModule(), memory);
  return (rows, x, y, stride, { gain, bias, eps }) => {
    const D = gain.length;
    run(
      rows,
      D,
      D - (D % LANES),
      x.byteOffset,
      y.byteOffset,
      stride * BYTES,
      gain.byteOffset,
      // Never read without a bias.
      bias?.byteOffset ?? 0,
      bias === null ? 0 : 1,
      eps,
    );
  };
}

function normaliseModule(): Uint8Array<ArrayBuffer> {
  const params = [...new Array<number>(9).fill(I32), F32];
  const locals = new Locals();
  params.forEach(locals.add);
  const [rows, D, wholeD, x, y, stride, gain, bias, hasBias, eps] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
  const d = locals.add(I32);
  const [mean, inverse, sum, number] = [locals.add(F32), locals.add(F32), locals.add(F32), locals.add(F32)];
  const [sums, vector] = [locals.add(V128), locals.add(V128)];
  const at = (base: number): Code => i32.add(get(base), i32.mul(get(d), i32.const(BYTES)));
  const move = (pointer: number, by: Code): Code => set(pointer, i32.add(get(pointer), by));

  /** Runs over a row, four numbers at a time and then one by one. */
  const overRow = (vectorStep: Code, numberStep: Code): Code => [
    ...set(d, i32.const(0)),
    ...whileLoop(i32.lessThan(get(d), get(wholeD)), [...vectorStep, ...move(d, i32.const(LANES))]),
    ...whileLoop(i32.lessThan(get(d), get(D)), [...numberStep, ...move(d, i32.const(1))]),
  ];
  const size = f32.fromInt(get(D));
  const sumOf = (vectorTerm: Code, numberTerm: Code): Code => [
    ...set(sums, f32x4.const(0)),
    ...set(sum, f32.const(0)),
    ...overRow(set(sums, f32x4.add(get(sums), vectorTerm)), set(sum, f32.add(get(sum), numberTerm))),
    ...[0, 1, 2, 3].flatMap((lane) => set(sum, f32.add(get(sum), f32x4.lane(get(sums), lane)))),
  ];
  const centredVector = f32x4.sub(f32x4.load(at(x)), f32x4.splat(get(mean)));
  const centred = f32.sub(f32.load(at(x)), get(mean));
  const scaledVector = f32x4.mul(f32x4.mul(centredVector, f32x4.splat(get(inverse))), f32x4.load(at(gain)));
  const scaled = f32.mul(f32.mul(centred, get(inverse)), f32.load(at(gain)));

  const body = whileLoop(i32.greaterThan(get(rows), i32.const(0)), [
    ...set(mean, f32.const(0)),
    ...ifElse(
      get(hasBias),
      [...sumOf(f32x4.load(at(x)), f32.load(at(x))), ...set(mean, f32.div(get(sum), size))],
      [],
    ),
    ...sumOf(
      [...set(vector, centredVector), ...f32x4.mul(get(vector), get(vector))],
      [...set(number, centred), ...f32.mul(get(number), get(number))],
    ),
    ...set(inverse, f32.div(f32.const(1), f32.sqrt(f32.add(f32.div(get(sum), size), get(eps))))),
    ...ifElse(
      get(hasBias),
      overRow(
        f32x4.store(at(y), f32x4.add(scaledVector, f32x4.load(at(bias)))),
        f32.store(at(y), f32.add(scaled, f32.load(at(bias)))),
      ),
      overRow(f32x4.store(at(y), scaledVector), f32.store(at(y), scaled)),
    ),
    ...move(x, get(stride)),
    ...move(y, get(stride)),
    ...move(rows, i32.const(-1)),
  ]);
  return assembleModule(params, locals, body);
}
