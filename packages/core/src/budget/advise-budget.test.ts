import type { CurveComparison, CurveResult } from '@rankloop/contracts';
import { expect, test } from 'vitest';
import { adviseBudget, forecastAt } from './advise-budget.ts';

const forecast = [
  { labels: 100, value: 0.7, low: 0.68, high: 0.72 },
  { labels: 200, value: 0.74, low: 0.71, high: 0.77 },
  { labels: 400, value: 0.76, low: 0.7, high: 0.8 },
];
const result: CurveResult = { points: [], forecast, deep: null, fresh: null, why: null };
const told = (low: number, high: number): CurveComparison => ({
  difference: { value: (low + high) / 2, low, high },
  labels: 60,
  repeats: 4,
  why: null,
});

test.each([
  [
    'fresh samples where they are decidedly better',
    { fresh: told(0.01, 0.05), deep: told(0.01, 0.05) },
    'fresh',
  ],
  ['more labels of each prompt', { fresh: told(-0.01, 0.05), deep: told(0.01, 0.05) }, 'labels'],
  ['more prompts', { deep: told(-0.05, -0.01) }, 'prompts'],
  ['neither where both intervals hold zero', { fresh: told(-0.1, 0.05), deep: told(-0.05, 0.01) }, 'either'],
  ['nothing where nothing could be compared', {}, 'unknown'],
])('the advice names %s', (_what, more, choice) => {
  expect(adviseBudget({ ...result, ...more }, 100).choice).toBe(choice);
});

test('the gain is told with its interval, and that it may be none', () => {
  expect(adviseBudget(result, 100).sentences.join(' ')).toContain(
    '100 more labels of more prompts: held-out accuracy from 70.0 % to about 74.0 % (95 % interval 71.0 % to 77.0 %).',
  );
  expect(adviseBudget(result, 300).sentences.join(' ')).toContain('No gain at all is within the interval.');
});

test('further than the curve reaches nothing is foretold, and that is said', () => {
  const { forecast: last, sentences } = adviseBudget(result, 5000);
  expect(last).toEqual(forecast[2]);
  expect(sentences).toContain('Further than that the curve says nothing.');
});

test('too few data are said openly instead of a figure', () => {
  const advice = adviseBudget({ ...result, forecast: [], why: 'Too few.' }, 100);
  expect(advice).toEqual({ choice: 'unknown', sentences: ['Too few.'], forecast: null, now: null });
  expect(adviseBudget(null, 100).choice).toBe('unknown');
});

test('a forecast between two points lies between them', () => {
  const { value, low, high } = forecastAt(forecast, 141);
  expect(value).toBeCloseTo(0.72, 3);
  expect(low).toBeCloseTo(0.695, 3);
  expect(high).toBeCloseTo(0.745, 3);
});
