import { expect, test } from 'vitest';
import type { CurveCell } from './plan-curve.ts';
import { summariseCurve } from './summarise-curve.ts';

const NO_REASONS = { noDeep: null, noFresh: null };
const sizes = [50, 100, 200, 400].flatMap((labels) =>
  [0, 1].map((repeat): CurveCell => ({
    repeat,
    part: 'size',
    labels,
    accuracy: 0.85 - 2 / Math.sqrt(labels) + 0.005 * repeat,
  })),
);
const sides = (differences: readonly number[]): CurveCell[] =>
  differences.flatMap((difference, repeat): CurveCell[] => [
    { repeat, part: 'wide', labels: 100, accuracy: 0.7 },
    { repeat, part: 'deep', labels: 102, accuracy: 0.7 + difference },
  ]);

test('the forecast begins with what was measured and rises along the curve', () => {
  const { forecast, why } = summariseCurve(sizes, NO_REASONS);
  expect(why).toBeNull();
  expect(forecast[0]).toMatchObject({ labels: 400 });
  expect(forecast[0]?.value).toBeCloseTo(0.75, 1);
  const values = forecast.map(({ value }) => value);
  expect(values).toEqual(values.toSorted((a, b) => a - b));
  for (const { low, value, high } of forecast) expect(low <= value && value <= high).toBe(true);
});

test('a difference is paired over repeats, with an interval of Student', () => {
  const { deep } = summariseCurve([...sizes, ...sides([0.02, 0.04, 0.03])], NO_REASONS);
  // 0.03 ± 4.303 · 0.01 / √3
  expect(deep?.difference?.value).toBeCloseTo(0.03, 10);
  expect(deep?.difference?.low).toBeCloseTo(0.0052, 3);
  expect(deep).toMatchObject({ labels: 101, repeats: 3, why: null });
});

test('one repeat tells no difference, and too few sizes tell no curve', () => {
  expect(summariseCurve(sides([0.1]), NO_REASONS)).toMatchObject({
    forecast: [],
    why: expect.stringContaining('too few') as string,
    deep: { difference: null, why: 'Too few repeats gave a figure.' },
  });
  expect(summariseCurve([], { noDeep: 'No.', noFresh: null }).deep?.why).toBe('No.');
});
