import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { multiplyIn, multiplyPlainly, type Matrix, type ProductSizes } from './multiply.ts';

const memory = new WebAssembly.Memory({ initial: 16 });
const multiply = multiplyIn(memory);
const heap = new Float32Array(memory.buffer);

/** Fills the heap and lays out a, b and c in it, with gaps between rows. */
function layOut(
  { M, N, K }: ProductSizes,
  transposed: boolean,
  gap: number,
): Record<'a' | 'b' | 'c', Matrix> {
  const random = new Random(M * 31 + N * 7 + K);
  for (let i = 0; i < 60_000; i++) heap[i] = random.normal();
  const aStride = (transposed ? M : K) + gap;
  return {
    a: { values: heap, at: 3, stride: aStride, transposed },
    b: { values: heap, at: 20_001, stride: N + gap },
    c: { values: heap, at: 40_002, stride: N + gap },
  };
}

const size = fc.integer({ min: 1, max: 30 });
const sizes = fc.record({ M: size, N: size, K: fc.oneof(size, fc.integer({ min: 250, max: 520 })) });

describe('the SIMD matrix product', () => {
  it('agrees with plain loops for all sizes, strides and layouts, and writes nothing else', () => {
    fc.assert(
      fc.property(
        sizes,
        fc.boolean(),
        fc.constantFrom('set', 'add'),
        fc.integer({ min: 0, max: 3 }),
        (s, t, mode, gap) => {
          const { a, b, c } = layOut(s, t, gap);
          const expected = heap.slice();
          const on = (matrix: Matrix): Matrix => ({ ...matrix, values: expected });
          multiplyPlainly(s, on(a), on(b), on(c), mode);
          multiply(s, a, b, c, mode);
          let worst = 0;
          for (let i = 0; i < 60_000; i++)
            worst = Math.max(worst, Math.abs((heap[i] ?? 0) - (expected[i] ?? 0)));
          // Sums of up to 520 products of float32.
          expect(worst).toBeLessThan(1e-4);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives a row the same bits alone and among others', () => {
    const together = { M: 11, N: 13, K: 300 };
    const { a, b, c } = layOut(together, false, 1);
    multiply(together, a, b, c, 'set');
    const rows = heap.slice(c.at, c.at + 11 * c.stride);
    for (let m = 0; m < 11; m++) {
      multiply({ ...together, M: 1 }, { ...a, at: a.at + m * a.stride }, b, c, 'set');
      expect(heap.slice(c.at, c.at + 13)).toEqual(rows.slice(m * c.stride, m * c.stride + 13));
    }
  });
});
