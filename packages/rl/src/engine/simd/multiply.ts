// Matrix products of views: with SIMD where the views lie in a wasm memory, else in plain loops.

import { instantiateGemm } from './gemm.ts';

export interface ProductSizes {
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** A row-major matrix inside a view: its first element, and the elements from one row to the next. */
export interface Matrix {
  readonly values: Float32Array;
  readonly at: number;
  readonly stride: number;
  /** For the left factor only: read it transposed; `stride` is then the length of its stored rows. */
  readonly transposed?: boolean;
}

/**
 * c = a · b ('set'), or c += a · b ('add'): a [M, K], b [K, N], c [M, N].
 *
 * Each element of c is summed in the order of k, whatever the sizes: a row's result does not depend, even in its
 * last bit, on the rows that it is computed with.
 */
export type Multiply = (sizes: ProductSizes, a: Matrix, b: Matrix, c: Matrix, mode: 'set' | 'add') => void;

/** Rows of b that are used again and again should stay in the first caches. */
const K_BLOCK = 256;
const BYTES = Float32Array.BYTES_PER_ELEMENT;

/** Products of views of `memory`. */
export function multiplyIn(memory: WebAssembly.Memory): Multiply {
  const [plain, transposed] = [instantiateGemm(memory, 'plain'), instantiateGemm(memory, 'transposed')];
  return ({ M, N, K }, a, b, c, mode) => {
    const gemm = a.transposed === true ? transposed : plain;
    const [aStride, bStride, cStride] = [a.stride * BYTES, b.stride * BYTES, c.stride * BYTES];
    const step = a.transposed === true ? aStride : BYTES;
    const aStart = a.values.byteOffset + a.at * BYTES;
    const bStart = b.values.byteOffset + b.at * BYTES;
    const cAt = c.values.byteOffset + c.at * BYTES;
    for (let k = 0; k < K; k += K_BLOCK) {
      const accumulate = mode === 'add' || k > 0 ? 1 : 0;
      const size = Math.min(K_BLOCK, K - k);
      gemm(M, N, size, aStart + k * step, aStride, bStart + k * bStride, bStride, cAt, cStride, accumulate);
    }
  };
}

/** The same without wasm: the reference, and what the cpu engine runs. */
export const multiplyPlainly: Multiply = ({ M, N, K }, a, b, c, mode) => {
  for (let m = 0; m < M; m++) {
    const row = c.at + m * c.stride;
    if (mode === 'set') c.values.fill(0, row, row + N);
    for (let k = 0; k < K; k++) {
      const factor = a.values[a.transposed === true ? a.at + k * a.stride + m : a.at + m * a.stride + k] ?? 0;
      const from = b.at + k * b.stride;
      for (let n = 0; n < N; n++) {
        c.values[row + n] = (c.values[row + n] ?? 0) + factor * (b.values[from + n] ?? 0);
      }
    }
  }
};
