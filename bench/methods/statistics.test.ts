import { createRandom } from '@rankloop/demo';
import { describe, expect, it } from 'vitest';
import { holm, overSeeds } from './statistics.ts';
import { studentQuantile, studentTail } from './student.ts';

describe("Student's t", () => {
  it.each([
    // Any printed table of t.
    [0.975, 1, 12.706],
    [0.975, 7, 2.3646],
    [0.8, 7, 0.896],
    [0.95, 3, 2.3534],
    [0.975, 30, 2.0423],
  ])('has the quantile %d with %d degrees of freedom at %d', (p, df, expected) => {
    expect(studentQuantile(p, df)).toBeCloseTo(expected, 3);
    expect(studentTail(expected, df)).toBeCloseTo(1 - p, 4);
  });
});

describe('an interval over seeds', () => {
  it('is the textbook one', () => {
    // Mean 3, standard deviation √2.5, n = 5: 3 ± 2.7764 · 0.70711.
    const { mean, low, high, pValue, detectable } = overSeeds([1, 2, 3, 4, 5]);
    expect(mean).toBe(3);
    expect(high).toBeCloseTo(4.9632, 3);
    expect(low).toBeCloseTo(1.0368, 3);
    expect(pValue).toBeCloseTo(0.0132, 3);
    expect(detectable).toBeCloseTo((2.7764 + 0.941) * 0.70711, 3);
  });

  it('covers the truth in about 95 of 100 repetitions of 8 seeds', () => {
    const random = createRandom(3);
    const repetitions = 2000;
    let covered = 0;
    for (let i = 0; i < repetitions; i += 1) {
      const { low, high } = overSeeds(Array.from({ length: 8 }, () => 1 + random.normal()));
      if (low <= 1 && 1 <= high) covered += 1;
    }
    expect(covered / repetitions).toBeGreaterThan(0.935);
    expect(covered / repetitions).toBeLessThan(0.965);
  });

  it('finds a difference of the detectable size in about 4 of 5 repetitions', () => {
    const random = createRandom(4);
    const repetitions = 2000;
    // With deviation 1 and 8 seeds, by the true deviation: (2.3646 + 0.896) / √8.
    const difference = (2.3646 + 0.896) / Math.sqrt(8);
    let found = 0;
    for (let i = 0; i < repetitions; i += 1)
      if (overSeeds(Array.from({ length: 8 }, () => difference + random.normal())).pValue < 0.05) found += 1;
    expect(found / repetitions).toBeGreaterThan(0.74);
    expect(found / repetitions).toBeLessThan(0.88);
  });

  it('of one seed promises nothing', () => {
    expect(overSeeds([7])).toMatchObject({ mean: 7, low: -Infinity, high: Infinity, pValue: 1 });
  });
});

describe("Holm's correction", () => {
  it('is the worked one, in the order given', () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    [0.03, 0.06, 0.06, 0.02].forEach((expected, i) => expect(adjusted[i]).toBeCloseTo(expected, 12));
  });

  it('never goes above 1 nor below what went in', () => {
    const given = [0.5, 0.9, 0.2];
    holm(given).forEach((pValue, i) => {
      expect(pValue).toBeGreaterThanOrEqual(given[i] ?? 1);
      expect(pValue).toBeLessThanOrEqual(1);
    });
  });
});
