import { expect, test } from 'vitest';
import { histogramOf } from './histogram.ts';

test('every score is in one bin, the highest too, and all policies share their edges', () => {
  const { edges, policies } = histogramOf([
    { policy: 'base', step: 0, scores: [-1, 0, 0] },
    { policy: 'now', step: 9, scores: [0, 3] },
  ]);
  expect([edges[0], edges.at(-1), edges.length]).toEqual([-1, 3, 21]);
  expect(policies.map(({ counts }) => counts.reduce((sum, one) => sum + one, 0))).toEqual([3, 2]);
  expect(policies[1]?.counts).toHaveLength(20);
  expect(policies[1]?.counts.at(-1)).toBe(1);
  expect(policies[0]).toMatchObject({ n: 3, step: 0 });
  expect(policies[0]?.mean).toBeCloseTo(-1 / 3);
});

test('equal scores have a bin of their own, and no score has none', () => {
  const { edges, policies } = histogramOf([{ policy: 'now', step: 1, scores: [2, 2] }]);
  expect([edges[0], edges.at(-1)]).toEqual([1.5, 2.5]);
  expect(Math.max(...(policies[0]?.counts ?? []))).toBe(2);
  expect(histogramOf([])).toEqual({ edges: [], policies: [] });
});
