import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { attendCapacity, attendIn } from './attend.ts';

const memory = new WebAssembly.Memory({ initial: 16 });
const attend = attendIn(memory);
const heap = new Float32Array(memory.buffer);

const sizes = fc.record({ headDim: fc.integer({ min: 1, max: 70 }), count: fc.integer({ min: 1, max: 60 }) });

describe('one query among the tokens of its row', () => {
  it('takes the softmax of its scores, mixes the values by it, and keeps the new key and value', () => {
    fc.assert(
      fc.property(sizes, fc.boolean(), ({ headDim, count }, isFar) => {
        const random = new Random(100 * headDim + count);
        const normals = (size: number): number[] => Array.from({ length: size }, () => random.normal());
        // Whatever lies behind the last token, numbers or not, must not matter.
        heap.fill(NaN);
        const capacity = attendCapacity(count + 3);
        let used = 0;
        const view = (size: number): Float32Array => heap.subarray(used, (used += size));
        const [query, key, value, out] = [view(headDim), view(headDim), view(headDim), view(headDim)];
        const [keys, values, scores] = [view(headDim * capacity), view(capacity * headDim), view(capacity)];
        // Far apart, one weight is 1 and others are 0.
        query.set(normals(headDim).map((number) => (isFar ? 100 : 1) * number));
        const tokens = Array.from({ length: count }, () => ({
          key: normals(headDim),
          value: normals(headDim),
        }));
        tokens.slice(0, -1).forEach((token, j) => {
          token.key.forEach((number, d) => (keys[d * capacity + j] = number));
          values.set(token.value, j * headDim);
        });
        key.set(tokens.at(-1)?.key ?? []);
        value.set(tokens.at(-1)?.value ?? []);
        const [keysAt, valuesAt] = [keys.byteOffset, values.byteOffset];
        attend.keep(headDim, capacity, count, key.byteOffset, value.byteOffset, keysAt, valuesAt);
        const [queryAt, scoresAt, outAt] = [query, scores, out].map(({ byteOffset }) => byteOffset);
        attend.mix(headDim, capacity, count, queryAt ?? 0, keysAt, valuesAt, scoresAt ?? 0, outAt ?? 0);
        const logits = tokens.map(
          (token) =>
            token.key.reduce((sum, number, d) => sum + Math.fround(number) * (query[d] ?? NaN), 0) /
            Math.sqrt(headDim),
        );
        const most = Math.max(...logits);
        const weights = logits.map((logit) => Math.exp(logit - most));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        for (let d = 0; d < headDim; d++) {
          const mixed = tokens.reduce(
            (sum, token, j) => sum + (weights[j] ?? NaN) * (token.value[d] ?? NaN),
            0,
          );
          expect(Math.abs((out[d] ?? NaN) - mixed / total)).toBeLessThan(isFar ? 2e-3 : 1e-5);
          expect(keys[d * capacity + count - 1]).toBe(key[d]);
          expect(values[(count - 1) * headDim + d]).toBe(value[d]);
        }
      }),
      { numRuns: 100 },
    );
  });
});
