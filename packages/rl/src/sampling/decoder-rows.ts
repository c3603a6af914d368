// What the decoder does to one row at a time, in plain loops over views.

import { fastExp } from '../engine/kernels/exp.ts';

/** RMS norm of the row of `x` that starts at `at`, written to the same place of `y`. */
export function rmsNormaliseRow(
  x: Float32Array,
  y: Float32Array,
  at: number,
  gain: Float32Array,
  eps: number,
): void {
  const D = gain.length;
  let squares = 0;
  for (let d = 0; d < D; d++) squares += (x[at + d] ?? 0) ** 2;
  const inverseRms = 1 / Math.sqrt(squares / D + eps);
  for (let d = 0; d < D; d++) y[at + d] = (x[at + d] ?? 0) * inverseRms * (gain[d] ?? 0);
}

/** Turns the pairs (x[d], x[d + headDim / 2]) of the head at `at` by position · frequencies[d]. */
export function turnHead(x: Float32Array, at: number, frequencies: Float32Array, position: number): void {
  const half = frequencies.length;
  for (let d = 0; d < half; d++) {
    // The product is rounded as the full forward rounds it: at late positions the last bits turn the pair.
    const angle = Math.fround(position * (frequencies[d] ?? 0));
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const [first, second] = [x[at + d] ?? 0, x[at + half + d] ?? 0];
    x[at + d] = first * cos - second * sin;
    x[at + half + d] = second * cos + first * sin;
  }
}

/** Rows [gate | up] of 2 · inner numbers -> rows of inner numbers, silu(gate) · up, packed at the start of `x`. */
export function gateInPlace(x: Float32Array, rows: number, inner: number): void {
  for (let row = 0; row < rows; row++) {
    const [gates, to] = [row * 2 * inner, row * inner];
    for (let i = 0; i < inner; i++) {
      const gate = x[gates + i] ?? 0;
      x[to + i] = (gate / (1 + fastExp(-gate))) * (x[gates + inner + i] ?? 0);
    }
  }
}

/** softmax(scale · scores) of `count` numbers from `at`. */
export function softmaxInPlace(scores: Float32Array, at: number, count: number, scale: number): void {
  const end = at + count;
  let max = -Infinity;
  for (let i = at; i < end; i++) max = Math.max(max, scores[i] ?? 0);
  let sum = 0;
  for (let i = at; i < end; i++) {
    const weight = fastExp(((scores[i] ?? 0) - max) * scale);
    scores[i] = weight;
    sum += weight;
  }
  for (let i = at; i < end; i++) scores[i] = (scores[i] ?? 0) / sum;
}
