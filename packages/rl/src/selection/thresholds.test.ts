import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../testing/to-be-all-close.ts';
import { filterAbove, indicesAbove, risingThresholds, scaleToRange, scaleToShare } from './thresholds.ts';

const someRewards = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), {
  minLength: 1,
  maxLength: 40,
});

describe('rising thresholds', () => {
  it('go evenly from the first to the last, both included', () => {
    const scaled = [0, 0, 0, 1];
    expect(risingThresholds(scaled, { first: 0.7, last: 0.95, count: 4 })).toBeAllClose([
      0.7,
      0.7 + 0.25 / 3,
      0.7 + 0.5 / 3,
      0.95,
    ]);
    expect(risingThresholds(scaled, { first: 0.7, last: 0.95, count: 1 })).toEqual([0.7]);
  });

  it('are never below the mean reward', () => {
    expect(risingThresholds([0, 0.9, 0.9, 1], { first: 0.5, last: 0.9, count: 3 })).toBeAllClose([
      0.7, 0.7, 0.9,
    ]);
  });

  it.each([
    ['range', scaleToRange],
    ['share', scaleToShare],
  ] as const)('keep sets that lie within one another, on the scale of %s', (_, scale) => {
    fc.assert(
      fc.property(someRewards, (rewards) => {
        const scaled = scale(rewards);
        const sets = risingThresholds(scaled, { first: 0.2, last: 0.9, count: 4 }).map((tau) =>
          indicesAbove(scaled, tau),
        );
        sets.slice(1).forEach((set, i) => {
          for (const index of set) expect(sets[i]).toContain(index);
        });
        // Whoever is kept has a higher reward than whoever is not.
        const [kept = []] = sets;
        const others = rewards.filter((_reward, i) => !kept.includes(i));
        for (const i of kept) expect(Math.max(...others)).toBeLessThan(rewards[i] ?? NaN);
      }),
      { seed: 1 },
    );
  });

  it('are strict: who is on one is not kept', () => {
    expect(filterAbove([0, 1, 2], 0.5).kept).toEqual([2]);
  });
});

describe('scaled rewards', () => {
  it('where all are equal are 0, so that nothing is above any threshold', () => {
    expect(scaleToRange([2, 2])).toEqual([0, 0]);
    expect(scaleToShare([2, 2])).toEqual([0, 0]);
  });

  it('as shares are not moved by one outlier', () => {
    expect(scaleToShare([3, 1, 2, 1])).toEqual([0.75, 0, 0.5, 0]);
    expect(scaleToShare([3e9, 1, 2, 1])).toEqual([0.75, 0, 0.5, 0]);
  });
});
