import { afterEach, expect, test } from 'vitest';
import { alternate } from './alternate.ts';
import { atLeast, atMost, between, reaches } from './bar.ts';
import { startReport, toFigure } from './report.ts';
import { withSection } from './results-file.ts';
import { median, quantile, summarize } from './statistics.ts';
import { describeSurroundings } from './surroundings.ts';

const surroundings = { machine: 'a machine', load: 0.1, commit: 'abc' };

afterEach(() => {
  process.exitCode = undefined;
});

function runReport(measurements: Parameters<ReturnType<typeof startReport>['add']>[0][]): string[] {
  const lines: string[] = [];
  const report = startReport({
    name: 'planted',
    record: false,
    print: (line) => lines.push(line),
    surroundings,
  });
  for (const measurement of measurements) report.add(measurement);
  report.finish();
  return lines;
}

test('a bar holds at its limit and not beyond it', () => {
  expect([1.5, 1.6, 1.61].map((value) => reaches(value, atMost(1.6)))).toEqual([true, true, false]);
  expect([69, 70, 71].map((value) => reaches(value, atLeast(70)))).toEqual([false, true, true]);
  expect([44, 45, 55, 56].map((value) => reaches(value, between(45, 55)))).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

test('a measurement that broke reaches no bar', () => {
  for (const bar of [atMost(1), atLeast(1), between(0, 1)]) expect(reaches(Number.NaN, bar)).toBe(false);
  expect(reaches(Number.POSITIVE_INFINITY, atLeast(1))).toBe(false);
});

test('medians and quantiles lie between the nearest values', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(quantile([1, 2, 3, 4, 5], 0.95)).toBeCloseTo(4.8, 12);
  expect(summarize([5, 1, 3])).toEqual({ median: 3, low: 1, high: 5, count: 3 });
  expect(() => median([])).toThrow(RangeError);
});

test('a figure is one line with its bar, verdict, rival and surroundings', () => {
  const rival = { name: 'Other', value: 196, source: 'recorded' } as const;
  const [line = ''] = runReport([
    { figure: 'cpu per task', unit: 'ms', value: [1.4, 1.2, 1.3], bar: atMost(1.6), rival },
  ]);
  expect(JSON.parse(line)).toEqual({
    figure: 'cpu per task',
    value: 1.3,
    unit: 'ms',
    bar: '<= 1.6',
    holds: true,
    rival,
    ...surroundings,
    spread: { low: 1.2, high: 1.4, runs: 3 },
  });
});

test('the exit status is 1 when one bar does not hold, and the report names it', () => {
  const lines = runReport([
    { figure: 'fine', unit: 's', value: 1, bar: atMost(2) },
    { figure: 'slow', unit: 's', value: 3, bar: atMost(2) },
  ]);
  expect(process.exitCode).toBe(1);
  expect(lines.at(-1)).toBe('slow: 3 s misses <= 2.');
});

test('the exit status stays 0 when every bar holds, and figures without a bar are not judged', () => {
  runReport([
    { figure: 'fine', unit: 's', value: 1, bar: atMost(2) },
    { figure: 'tasks', unit: '1/s', value: 480 },
  ]);
  expect(process.exitCode).toBeUndefined();
});

test('a benchmark without a figure does not pass', () => {
  runReport([]);
  expect(process.exitCode).toBe(1);
});

test('rounding for print does not lift a value over its bar', () => {
  const figure = toFigure({ figure: 'close', unit: 'ms', value: 1.60004, bar: atMost(1.6) }, surroundings);
  expect(figure).toMatchObject({ value: 1.6, holds: false });
});

test('two sides alternate who goes first, and their warm-up is not counted', async () => {
  const calls: string[] = [];
  const side = (name: string) => () => Promise.resolve(calls.push(name));
  const measured = await alternate({ ours: side('o'), rival: side('t'), runs: 3 });
  expect(calls.join('')).toBe('ot' + 'ot' + 'to' + 'ot');
  expect(measured).toEqual({ ours: [3, 6, 7], rival: [4, 5, 8] });
});

test('recording replaces the section of one benchmark and leaves its neighbours', () => {
  const figure = (value: number) => toFigure({ figure: 'time', unit: 's', value }, surroundings);
  const record = (text: string, name: string, value: number) =>
    withSection(text, { name, day: '2026-01-02', figures: [figure(value)] });
  let text = record(record('# Last figures\n', 'first', 1), 'second', 2);
  text = record(text, 'first', 3);
  expect(text.match(/^## .*/gm)).toEqual(['## first', '## second']);
  expect(text).toContain('| time   | 3 s');
  expect(text).toContain('| time   | 2 s');
  expect(text).not.toContain('| time   | 1 s');
});

test('the surroundings name the machine and the commit', () => {
  const { machine, load, commit } = describeSurroundings();
  expect(machine).toContain(process.versions.node);
  expect(load).toBeGreaterThanOrEqual(0);
  expect(commit).toMatch(/^([0-9a-f]{10}(\+changes)?|unknown)$/);
});
