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
  const gemm = instantiateGemm(memory);
  return ({ M, N, K }, a, b, c, mode) => {
    const rowStride = a.transposed === true ? BYTES : a.stride * BYTES;
    const step = a.transposed === true ? a.stride * BYTES : BYTES;
    const bStride = b.stride * BYTES;
    const cAt = c.values.byteOffset + c.at * BYTES;
    for (let k = 0; k < K; k += K_BLOCK) {
      const aAt = a.values.byteOffset + a.at * BYTES + k * step;
      const bAt = b.values.byteOffset + b.at * BYTES + k * bStride;
      const isAdding = mode === 'add' || k > 0;
      gemm(
        M,
        N,
        Math.min(K_BLOCK, K - k),
        aAt,
        rowStride,
        step,
        bAt,
        bStride,
        cAt,
        c.stride * BYTES,
        isAdding ? 1 : 0,
      );
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
