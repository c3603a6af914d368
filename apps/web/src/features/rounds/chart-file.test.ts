import { expect, test } from 'vitest';
import { fileName, toCsv } from './chart-file.ts';

const spec = {
  title: 'Reward, deviations of the base',
  good: 'rising is good',
  series: [
    { metric: 'objective/scores', label: 'score', colour: 1 },
    { metric: 'round 2, "big"', label: 'round 2', colour: 2 },
  ],
};

test('a file of a chart has every point with its full digits, and gaps stay empty', () => {
  const columns = {
    x: [1, 2],
    values: [
      [0.1 + 0.2, null],
      [null, -1e-7],
    ],
  };
  expect(toCsv(spec, columns)).toBe(
    'step,objective/scores,"round 2, ""big"""\r\n1,0.30000000000000004,\r\n2,,-1e-7\r\n',
  );
});

test('a file is called after its chart, with letters that every system takes', () => {
  expect(fileName(spec.title, 'csv')).toBe('reward-deviations-of-the-base.csv');
  expect(fileName('√', 'png')).toBe('chart.png');
});
