import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { normaliseIn } from './normalise.ts';

const memory = new WebAssembly.Memory({ initial: 4 });
const normalise = normaliseIn(memory);
const heap = new Float32Array(memory.buffer);
const ROWS = 3;

describe.each([1, 3, 4, 18, 128])('norms of rows of %s numbers', (D) => {
  it.each([true, false])(
    'are (x - μ) / √(σ² + eps) · gain + bias, or x / √(mean x² + eps) · gain',
    (hasBias) => {
      const stride = D + 2;
      const random = new Random(D);
      let used = 0;
      const filled = (size: number, from: () => number): Float32Array => {
        const view = heap.subarray(used, (used += size));
        view.set(Array.from({ length: size }, from));
        return view;
      };
      const x = filled(ROWS * stride, () => 5 + 3 * random.normal());
      const gain = filled(D, () => random.normal());
      const bias = filled(D, () => random.normal());
      const y = filled(ROWS * stride, () => 7);
      // What lies between rows is neither read nor written.
      for (let row = 0; row < ROWS; row++) x.fill(NaN, row * stride + D, (row + 1) * stride);
      const eps = 1e-3;
      normalise(ROWS, x, y, stride, { gain, bias: hasBias ? bias : null, eps });
      for (let row = 0; row < ROWS; row++) {
        const own = [...x.subarray(row * stride, row * stride + D)];
        const mean = hasBias ? own.reduce((sum, value) => sum + value, 0) / D : 0;
        const variance = own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / D;
        own.forEach((value, d) => {
          const normal = ((value - mean) / Math.sqrt(variance + eps)) * (gain[d] ?? NaN);
          expect(y[row * stride + d]).toBeCloseTo(normal + (hasBias ? (bias[d] ?? NaN) : 0), 4);
        });
        expect([...y.subarray(row * stride + D, (row + 1) * stride)]).toEqual([7, 7]);
      }
    },
  );
});
