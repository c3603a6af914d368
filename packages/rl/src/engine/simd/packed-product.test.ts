import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { packedProductIn, packedWidth, packMatrix, type PackSource } from './packed-product.ts';

const memory = new WebAssembly.Memory({ initial: 16 });
const product = packedProductIn(memory);
const heap = new Float32Array(memory.buffer);

/** Views of the heap, one after another; what they hold at first must not matter. */
function room(): (size: number) => Float32Array {
  heap.fill(NaN);
  let used = 0;
  return (size) => heap.subarray(used, (used += size));
}

function numbers(count: number, seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: count }, () => random.normal());
}

const size = fc.integer({ min: 1, max: 30 });

describe('the product with a packed matrix', () => {
  it('is bias + A · W, or C + bias + A · W, for all sizes, parts side by side and stored transposed', () => {
    fc.assert(
      fc.property(
        fc.record({ M: size, K: size, widths: fc.array(size, { minLength: 1, maxLength: 3 }) }),
        fc.boolean(),
        fc.constantFrom('set', 'add'),
        fc.boolean(),
        ({ M, K, widths }, transposed, mode, hasBias) => {
          const N = widths.reduce((sum, width) => sum + width, 0);
          const sources: PackSource[] = widths.map((outputs, i) => ({
            values: numbers(K * outputs, i),
            inputs: K,
            outputs,
            transposed,
          }));
          const biases = hasBias ? widths.map((width, i) => numbers(width, 10 + i)) : [];
          const take = room();
          const matrix = packMatrix(sources, biases, take);
          const a = { values: take(M * (K + 1)), stride: K + 1 };
          a.values.set(numbers(M * (K + 1), 20));
          const c = { values: take(M * packedWidth(N)), stride: packedWidth(N) };
          const before = numbers(c.values.length, 30);
          c.values.set(before);
          const behind = take(8).fill(7);
          product(M, a, matrix, c, mode);
          const columns = sources.flatMap(({ values, outputs }, part) =>
            Array.from({ length: outputs }, (_, n) => ({
              bias: biases[part]?.[n] ?? 0,
              at: (k: number) => values[transposed ? n * K + k : k * outputs + n] ?? NaN,
            })),
          );
          for (let m = 0; m < M; m++) {
            columns.forEach(({ bias, at }, n) => {
              let sum = bias + (mode === 'add' ? (before[m * c.stride + n] ?? NaN) : 0);
              for (let k = 0; k < K; k++) sum += (a.values[m * a.stride + k] ?? NaN) * at(k);
              expect(Math.abs((c.values[m * c.stride + n] ?? NaN) - sum)).toBeLessThan(1e-4);
            });
          }
          expect([...behind]).toEqual(new Array(8).fill(7));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives a row the same bits alone and among others', () => {
    const [M, K, N] = [11, 70, 24];
    const take = room();
    const matrix = packMatrix([{ values: numbers(K * N, 1), inputs: K, outputs: N }], [], take);
    const a = { values: take(M * K), stride: K };
    a.values.set(numbers(M * K, 2));
    const [together, alone] = [take(M * N), take(N)];
    product(M, a, matrix, { values: together, stride: N }, 'set');
    for (let m = 0; m < M; m++) {
      product(
        1,
        { values: a.values.subarray(m * K), stride: K },
        matrix,
        { values: alone, stride: N },
        'set',
      );
      expect(alone).toEqual(together.subarray(m * N, (m + 1) * N));
    }
  });
});
