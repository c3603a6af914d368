import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { startReport } from '../../lib/report.ts';
import { SIZES } from '../sizes.ts';
import { runnable } from './runnable.ts';

it('a study asks each seed once, and gets lists back as the lists that they were', async () => {
  const cacheDir = mkdtempSync(path.join(tmpdir(), 'rankloop-study-test-'));
  const asked: number[] = [];
  let reported: readonly number[][] = [];
  const study = runnable({
    name: 'lists',
    settings: () => ({}),
    answer: z.array(z.number()),
    run: async ({ seed }) => {
      asked.push(seed);
      return Promise.resolve([seed, 10 * seed]);
    },
    report: (answers) => {
      reported = answers;
    },
  });
  const surroundings = { machine: 'test', load: 0, commit: 'test' };
  const report = startReport({ name: 'lists', record: false, print: () => undefined, surroundings });
  const runs = [1, 2].map((seed) => ({ size: SIZES.tiny, seed, cacheDir }));
  try {
    for (const run of [...runs, ...runs]) await study.runSeed(run);
    study.reportSeeds(runs, report);
  } finally {
    rmSync(cacheDir, { recursive: true });
  }
  expect(asked).toEqual([1, 2]);
  expect(reported).toEqual([
    [1, 10],
    [2, 20],
  ]);
});
