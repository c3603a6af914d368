// The formulas that are one exp per number: GELU and log-probabilities. With SIMD in a wasm memory, else in plain
// loops, which are also what is left over of four at a time.

import { fastExp, fastTanh } from '../kernels/exp.ts';
import { roundedTwice, type MultiplyAdd } from './multiply-add.ts';
import {
  assembleModule,
  F32,
  f32,
  f32x4,
  get,
  I32,
  i32,
  i32x4,
  instantiate,
  Locals,
  set,
  V128,
  whileLoop,
  type Code,
} from './assembler.ts';

/** On views of one memory; ranges are [from, to). */
export interface Elementwise {
  /** y = x/2 · (1 + t), t = tanh(√(2/π) · (x + 0.044715 x³)) */
  gelu(x: Float32Array, y: Float32Array, tanh: Float32Array, from: number, to: number): void;
  /** dx = dy · ((1 + t)/2 + x/2 · (1 - t²) · √(2/π) · (1 + 3 · 0.044715 x²)) */
  geluGrad(
    dy: Float32Array,
    x: Float32Array,
    tanh: Float32Array,
    dx: Float32Array,
    from: number,
    to: number,
  ): void;
  /** Σ exp(z - shift) */
  sumExp(z: Float32Array, shift: number, from: number, to: number): number;
  /** y = factor · exp(z - shift) */
  scaledExp(z: Float32Array, y: Float32Array, shift: number, factor: number, from: number, to: number): void;
}

const SCALE = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;
const BYTES = 4;
const LANES = 4;

export const elementwisePlainly: Elementwise = {
  gelu(x, y, tanh, from, to) {
    for (let i = from; i < to; i++) {
      const value = x[i] ?? 0;
      const t = fastTanh(SCALE * (value + CUBIC * value * value * value));
      tanh[i] = t;
      y[i] = 0.5 * value * (1 + t);
    }
  },
  geluGrad(dy, x, tanh, dx, from, to) {
    for (let i = from; i < to; i++) {
      const value = x[i] ?? 0;
      const t = tanh[i] ?? 0;
      const slope = 0.5 * value * (1 - t * t) * SCALE * (1 + 3 * CUBIC * value * value);
      dx[i] = (dy[i] ?? 0) * (0.5 * (1 + t) + slope);
    }
  },
  sumExp(z, shift, from, to) {
    let sum = 0;
    for (let i = from; i < to; i++) sum += fastExp((z[i] ?? 0) - shift);
    return sum;
  },
  scaledExp(z, y, shift, factor, from, to) {
    for (let i = from; i < to; i++) y[i] = factor * fastExp((z[i] ?? 0) - shift);
  },
};

/** The same over a wasm memory, four numbers at a time. */
export function elementwiseIn(memory: WebAssembly.Memory): Elementwise {
  const gelu = instantiate(geluModule(), memory);
  const geluGrad = instantiate(geluGradModule(), memory);
  const sumExp = instantiate(sumExpModule(), memory);
  const scaledExp = instantiate(scaledExpModule(), memory);
  const address = (view: Float32Array, at: number): number => view.byteOffset + at * BYTES;
  const wholeVectors = (from: number, to: number): number => to - ((to - from) % LANES);
  return {
    gelu(x, y, tanh, from, to) {
      const end = wholeVectors(from, to);
      gelu(end - from, address(x, from), address(y, from), address(tanh, from));
      elementwisePlainly.gelu(x, y, tanh, end, to);
    },
    geluGrad(dy, x, tanh, dx, from, to) {
      const end = wholeVectors(from, to);
      geluGrad(end - from, address(dy, from), address(x, from), address(tanh, from), address(dx, from));
      elementwisePlainly.geluGrad(dy, x, tanh, dx, end, to);
    },
    sumExp(z, shift, from, to) {
      const end = wholeVectors(from, to);
      return sumExp(end - from, address(z, from), shift) + elementwisePlainly.sumExp(z, shift, end, to);
    },
    scaledExp(z, y, shift, factor, from, to) {
      const end = wholeVectors(from, to);
      scaledExp(end - from, address(z, from), address(y, from), shift, factor);
      elementwisePlainly.scaledExp(z, y, shift, factor, end, to);
    },
  };
}

/** A loop of `step` over whole vectors; moves the pointers on. The first parameter counts numbers. */
function overVectors(count: number, pointers: readonly number[], step: Code): Code {
  return whileLoop(i32.greaterThan(get(count), i32.const(0)), [
    ...step,
    ...pointers.flatMap((pointer) => set(pointer, i32.add(get(pointer), i32.const(LANES * BYTES)))),
    ...set(count, i32.sub(get(count), i32.const(LANES))),
  ]);
}

/**
 * exp of the vector in local `x`, as in exp.ts: 2^k · Σ rⁿ/n!. ln 2 is taken off in two parts, the first of which
 * has few enough bits for k times it to be exact. `x`, `k` and the result's range are clamped: below -87 it is about
 * 1e-38, above 88 about 1e38. NaN stays NaN.
 */
export function exp(x: number, k: number, multiplyAdd: MultiplyAdd = roundedTwice): Code {
  const terms = [1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1, 1];
  const series = terms
    .slice(1)
    .reduce<Code>((sum, term) => multiplyAdd(sum, get(x), f32x4.const(term)), f32x4.const(terms[0] ?? 0));
  return [
    ...set(x, f32x4.min(f32x4.max(get(x), f32x4.const(-87)), f32x4.const(88))),
    ...set(k, f32x4.nearest(f32x4.mul(get(x), f32x4.const(Math.LOG2E)))),
    ...set(x, f32x4.sub(get(x), f32x4.mul(get(k), f32x4.const(0.693359375)))),
    ...set(x, f32x4.sub(get(x), f32x4.mul(get(k), f32x4.const(Math.LN2 - 0.693359375)))),
    // 2^k, by writing k into the exponent's bits.
    ...f32x4.mul(series, i32x4.shiftLeft(i32x4.add(i32x4.truncate(get(k)), i32x4.const(127)), i32.const(23))),
  ];
}

function geluModule(): Uint8Array<ArrayBuffer> {
  const params = [I32, I32, I32, I32];
  const locals = new Locals();
  params.forEach(locals.add);
  const [count, xs, ys, tanhs] = [0, 1, 2, 3] as const;
  const [x, u, k] = [locals.add(V128), locals.add(V128), locals.add(V128)];
  const inner = f32x4.add(
    f32x4.mul(f32x4.mul(get(x), get(x)), f32x4.const(2 * SCALE * CUBIC)),
    f32x4.const(2 * SCALE),
  );
  const body = overVectors(
    count,
    [xs, ys, tanhs],
    [
      ...set(x, f32x4.load(get(xs))),
      ...set(u, f32x4.mul(get(x), inner)),
      ...set(u, exp(u, k)),
      // tanh(v) = 1 - 2 / (exp(2v) + 1)
      ...set(u, f32x4.sub(f32x4.const(1), f32x4.div(f32x4.const(2), f32x4.add(get(u), f32x4.const(1))))),
      ...f32x4.store(get(tanhs), get(u)),
      ...f32x4.store(
        get(ys),
        f32x4.mul(f32x4.mul(get(x), f32x4.const(0.5)), f32x4.add(get(u), f32x4.const(1))),
      ),
    ],
  );
  return assembleModule(params, locals, body);
}

function geluGradModule(): Uint8Array<ArrayBuffer> {
  const params = [I32, I32, I32, I32, I32];
  const locals = new Locals();
  params.forEach(locals.add);
  const [count, dys, xs, tanhs, dxs] = [0, 1, 2, 3, 4] as const;
  const [x, t] = [locals.add(V128), locals.add(V128)];
  const half = f32x4.const(0.5);
  const inner = f32x4.add(
    f32x4.mul(f32x4.mul(get(x), get(x)), f32x4.const(1.5 * SCALE * CUBIC)),
    f32x4.const(0.5 * SCALE),
  );
  const slope = f32x4.mul(f32x4.mul(get(x), f32x4.sub(f32x4.const(1), f32x4.mul(get(t), get(t)))), inner);
  const body = overVectors(
    count,
    [dys, xs, tanhs, dxs],
    [
      ...set(x, f32x4.load(get(xs))),
      ...set(t, f32x4.load(get(tanhs))),
      ...f32x4.store(
        get(dxs),
        f32x4.mul(f32x4.load(get(dys)), f32x4.add(f32x4.add(f32x4.mul(get(t), half), half), slope)),
      ),
    ],
  );
  return assembleModule(params, locals, body);
}

function sumExpModule(): Uint8Array<ArrayBuffer> {
  const params = [I32, I32, F32];
  const locals = new Locals();
  params.forEach(locals.add);
  const [count, zs, shift] = [0, 1, 2] as const;
  const [z, k, sum] = [locals.add(V128), locals.add(V128), locals.add(V128)];
  const loop = overVectors(
    count,
    [zs],
    [
      ...set(z, f32x4.sub(f32x4.load(get(zs)), f32x4.splat(get(shift)))),
      ...set(z, exp(z, k)),
      ...set(sum, f32x4.add(get(sum), get(z))),
    ],
  );
  const lane = (i: number): Code => f32x4.lane(get(sum), i);
  const total = f32.add(f32.add(lane(0), lane(1)), f32.add(lane(2), lane(3)));
  return assembleModule(params, locals, [...loop, ...total], F32);
}

function scaledExpModule(): Uint8Array<ArrayBuffer> {
  const params = [I32, I32, I32, F32, F32];
  const locals = new Locals();
  params.forEach(locals.add);
  const [count, zs, ys, shift, factor] = [0, 1, 2, 3, 4] as const;
  const [z, k] = [locals.add(V128), locals.add(V128)];
  const body = overVectors(
    count,
    [zs, ys],
    [
      ...set(z, f32x4.sub(f32x4.load(get(zs)), f32x4.splat(get(shift)))),
      ...set(z, exp(z, k)),
      ...f32x4.store(get(ys), f32x4.mul(get(z), f32x4.splat(get(factor)))),
    ],
  );
  return assembleModule(params, locals, body);
}
