// What the decoder does to one row at a time, in plain loops over views.

import { fastExp } from '../engine/kernels/exp.ts';

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

/** Rows [gate | up] of 2 · inner numbers, `stride` apart -> rows of inner numbers, silu(gate) · up, packed at the start of `x`. */
export function gateInPlace(x: Float32Array, rows: number, inner: number, stride: number): void {
  for (let row = 0; row < rows; row++) {
    const [gates, to] = [row * stride, row * inner];
    for (let i = 0; i < inner; i++) {
      const gate = x[gates + i] ?? 0;
      x[to + i] = (gate / (1 + fastExp(-gate))) * (x[gates + inner + i] ?? 0);
    }
  }
}
