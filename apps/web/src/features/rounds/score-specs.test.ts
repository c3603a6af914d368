import { expect, test } from 'vitest';
import { calibrationColumns, distanceChart, histogramChart } from './score-specs.ts';

test('policies of different size are comparable: each shows shares of its own outputs', () => {
  const drawn = histogramChart({
    edges: [0, 1, 2],
    policies: [
      { policy: 'base', step: 0, counts: [3, 1], mean: 0, n: 4 },
      { policy: 'now', step: 5, counts: [0, 2], mean: 1, n: 2 },
    ],
  });
  expect(drawn?.columns).toEqual({
    x: [0, 1, 2],
    values: [
      [0.75, 0.25, 0.25],
      [0, 1, 1],
    ],
  });
  expect(histogramChart({ edges: [], policies: [] })).toBeNull();
});

test('a policy before the round that is the base is not drawn over it', () => {
  const base = { policy: 'base' as const, step: 0, counts: [3, 1], mean: 0.25, n: 4 };
  const drawn = (before: { counts: number[]; mean: number }) =>
    histogramChart({ edges: [0, 1, 2], policies: [base, { ...base, ...before, policy: 'before' }] });
  expect(drawn({ counts: [3, 1], mean: 0.25 })?.columns.values).toHaveLength(1);
  expect(drawn({ counts: [2, 2], mean: 0.5 })?.columns.values).toHaveLength(2);
});

test('distances ascend, whatever way the policy went, and an estimate below 0 is 0', () => {
  const { columns } = distanceChart({ stage: 'ppo', steps: [1, 2, 3], kl: [-0.1, 9, 4], score: [0, 3, 2] });
  expect(columns).toEqual({ x: [0, 2, 3], values: [[0, 2, 3]] });
});

test('the line of perfect calibration reaches from guessing to certainty', () => {
  const bin = { predicted: 0.75, observed: 0.7, low: 0.6, high: 0.8, n: 9 };
  expect(calibrationColumns([bin])).toEqual({
    x: [0.5, 0.75, 1],
    values: [
      [null, 0.7, null],
      [0.5, 0.75, 1],
      [null, 0.6, null],
      [null, 0.8, null],
    ],
  });
});
