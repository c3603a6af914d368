import { expect, test, vi } from 'vitest';
import { type Report, startReport } from '../lib/report.ts';
import { compare } from './compare.ts';
import type { Row } from './rows.ts';

const speed = (tokensPerSecond: number) => () => Promise.resolve({ tokensPerSecond, settings: '2 threads' });

const row: Row = {
  name: 'row',
  figure: 'training',
  ours: speed(30),
  rival: { name: 'Rival', recorded: 10, measure: { needs: 'torch', with: speed(20) } },
  bar: 2,
  runs: 3,
};

/** What is reported of a row, by a machine whose Python has everything or nothing. */
async function figuresOf(one: Row, python: string | null) {
  const surroundings = { machine: 'one', load: 0, commit: 'abc' };
  const inner = startReport({ name: 'test', record: false, print: () => undefined, surroundings });
  const figures: ReturnType<Report['add']>[] = [];
  const report: Report = {
    ...inner,
    add: (measurement) => {
      const figure = inner.add(measurement);
      figures.push(figure);
      return figure;
    },
  };
  vi.spyOn(console, 'error').mockReturnValue();
  await compare(one, { report, findPython: () => Promise.resolve(python) });
  vi.restoreAllMocks();
  return figures;
}

test('a rival that can be measured is, and its recorded figure counts nothing', async () => {
  const [ours, ratio] = await figuresOf(row, 'python3');
  expect(ours).toMatchObject({ value: 30, rival: { value: 20, source: 'measured' } });
  expect(ratio).toMatchObject({ value: 1.5, holds: false });
});

test('a rival that is not here is compared with by its recorded figure, which is said', async () => {
  const [ours, ratio] = await figuresOf(row, null);
  expect(ours).toMatchObject({ value: 30, rival: { name: 'Rival', value: 10, source: 'recorded' } });
  expect(ratio).toMatchObject({ value: 3, holds: true });
});

test('without a rival of any kind our speed is reported and judged by nobody', async () => {
  const figures = await figuresOf({ ...row, rival: { ...row.rival, recorded: null } }, null);
  expect(figures).toMatchObject([{ value: 30, bar: null, rival: null }]);
});

test('a side that fails misses the bar and stops nothing else', async () => {
  const broken = { ...row, ours: () => Promise.reject(new Error('It broke.')) };
  expect(await figuresOf(broken, 'python3')).toMatchObject([{ bar: '>= 2', holds: false }]);
});
