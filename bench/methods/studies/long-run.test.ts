import { createRandom } from '@rankloop/demo';
import { expect, it } from 'vitest';
import { startReport, type Report } from '../../lib/report.ts';
import type { CurvePoint } from './live-curve.ts';
import { fallsOf, reportCurve } from './long-run.ts';

const point = (step: number, gold: number, kl = step): CurvePoint => ({
  step,
  kl,
  gold,
  proxy: kl,
  other: null,
  words: 5,
});
const average = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;

it('noise around a level is no fall, though every course has a best point', () => {
  const random = createRandom(1);
  const falls = Array.from({ length: 300 }, () =>
    average(
      fallsOf(
        Array.from({ length: 8 }, () => Array.from({ length: 12 }, (_, i) => point(i, random.normal()))),
      ),
    ),
  );
  expect(Math.abs(average(falls))).toBeLessThan(0.05);
});

it('a course that rises and falls has fallen by the difference', () => {
  const rising = [0, 1, 2, 3, 3, 3, 2, 1, 0, 0, 0].map((gold, i) => point(i, gold));
  expect(fallsOf([rising, rising])).toEqual([3, 3]);
});

it('a course is read between the points before and after, and not beyond its end', () => {
  const surroundings = { machine: 'test', load: 0, commit: 'test' };
  const goldsOf = (points: readonly CurvePoint[]) => {
    const report = startReport({ name: 'x', record: false, print: () => undefined, surroundings });
    const golds: (readonly [string, unknown])[] = [];
    const note: Report['add'] = (one) => {
      if (one.unit === 'gold') golds.push([one.figure, one.value]);
      return report.add(one);
    };
    reportCurve('run', [points], { ...report, add: note });
    return golds;
  };
  // √KL is 0 and then 1.
  expect(goldsOf([point(0, 0), point(1, 2)])).toEqual([
    ['run, √KL 0.5, 1 seeds: gold', 1],
    ['run, √KL 1, 1 seeds: gold', 2],
  ]);
  expect(goldsOf([point(0, 0), point(1, 2, 0.04)])).toEqual([]);
});
