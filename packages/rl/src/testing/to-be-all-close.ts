// `expect(actual).toBeAllClose(expected, { atol, rtol })`: every number within atol + rtol · |expected|.

import { expect } from 'vitest';

export interface Tolerance {
  /** Absolute; 1e-6 by default. */
  atol?: number;
  /** Relative to the expected value; 1e-5 by default. */
  rtol?: number;
}

/** Numbers, nested as deep as they like; a tensor's `dataSync()` or `arraySync()` fits. */
export type Numbers = number | ArrayLike<Numbers>;

declare module 'vitest' {
  interface Matchers {
    toBeAllClose(expected: Numbers, tolerance?: Tolerance): void;
  }
}

expect.extend({
  toBeAllClose(actual: Numbers, expected: Numbers, { atol = 1e-6, rtol = 1e-5 }: Tolerance = {}) {
    const [got, wanted] = [flatten(actual), flatten(expected)];
    const worst = wanted.reduce((most, value, i) => {
      const excess = Math.abs((got[i] ?? NaN) - value) - (atol + rtol * Math.abs(value));
      return Number.isNaN(excess) ? Infinity : Math.max(most, excess);
    }, -Infinity);
    const pass = got.length === wanted.length && worst <= 0;
    return {
      pass,
      message: () =>
        `expected numbers ${pass ? 'not ' : ''}to be within ${atol} + ${rtol} · |expected|\n` +
        `  expected [${wanted.length}]: ${wanted.join(', ')}\n` +
        `  actual   [${got.length}]: ${got.join(', ')}`,
    };
  },
});

function flatten(numbers: Numbers): number[] {
  return typeof numbers === 'number' ? [numbers] : Array.from(numbers).flatMap(flatten);
}
