// Transposition of the last two axes, in tiles that fit the cache.

import { defineKernel, required } from './heap.ts';

const TILE = 16;

export const swapLastTwoKernel = defineKernel('SwapLastTwo', (heap, inputs) => {
  const x = required(inputs, 'x');
  const [M, N] = [x.shape.at(-2) ?? 1, x.shape.at(-1) ?? 1];
  const output = heap.allocate([...x.shape.slice(0, -2), N, M]);
  const [from, to] = [heap.floats(x), heap.floats(output)];
  for (let offset = 0; offset < from.length; offset += M * N) transpose(from, to, offset, M, N);
  return output;
});

/** to[n, m] = from[m, n], both starting at `offset`. */
function transpose(from: Float32Array, to: Float32Array, offset: number, M: number, N: number): void {
  for (let m0 = 0; m0 < M; m0 += TILE) {
    const m1 = Math.min(M, m0 + TILE);
    for (let n0 = 0; n0 < N; n0 += TILE) {
      const n1 = Math.min(N, n0 + TILE);
      for (let n = n0; n < n1; n++) {
        for (let m = m0; m < m1; m++) to[offset + n * M + m] = from[offset + m * N + n] ?? 0;
      }
    }
  }
}
