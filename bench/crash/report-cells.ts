import { atMost } from '../lib/bar.ts';
import type { Report } from '../lib/report.ts';
import { nameOf, whyImpossible, type Cell } from './faults.ts';
import type { CellResult } from './run-cell.ts';

const NOTICE_LIMIT_S = 15;

/** Prints the cells that cannot occur, each with its reason, and adds the figures of those that can. */
export function reportCells(report: Report, wanted: readonly Cell[], results: readonly CellResult[]): void {
  const impossible = wanted.filter((cell) => whyImpossible(cell) !== null);
  for (const cell of impossible) console.log(`${nameOf(cell)} cannot occur. ${whyImpossible(cell) ?? ''}`);
  const red = results.filter(({ faults }) => faults.length > 0);
  for (const { cell, faults } of red) console.log(`${nameOf(cell)} RED. ${faults.join('; ')}`);

  const count = (figure: string, value: number, limit?: number) =>
    report.add({ figure, unit: 'cells', value, ...(limit !== undefined && { bar: atMost(limit) }) });
  count('of points by faults', wanted.length);
  count('that cannot occur', impossible.length);
  count('tried', results.length);
  count('not tried', wanted.length - impossible.length - results.length, 0);
  count('ended with exactly one new policy', results.filter(({ state }) => state === 'succeeded').length);
  count('ended as a clean failure', results.filter(({ state }) => state === 'failed').length);
  count('with a fault', red.length, 0);
  const takeovers = results.flatMap(({ takeover }) => takeover ?? []);
  if (takeovers.length === 0) return;
  const slowest = (figure: string, times: number[]) =>
    report.add({ figure, unit: 's', value: Math.max(...times) / 1000, bar: atMost(NOTICE_LIMIT_S) });
  slowest(
    'from the last word of a dead or silent worker until it is noticed, slowest',
    takeovers.map(({ noticedMs }) => noticedMs),
  );
  slowest(
    'until a worker that was up goes on with its round, slowest',
    takeovers.map(({ takenMs }) => takenMs),
  );
}
