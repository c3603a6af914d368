import { useEngine } from '@rankloop/rl';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Figure } from '../../lib/figure.ts';
import { startReport } from '../../lib/report.ts';
import { SIZES } from '../sizes.ts';
import { STUDIES } from './index.ts';

const cacheDir = mkdtempSync(path.join(tmpdir(), 'rankloop-studies-test-'));
const surroundings = { machine: 'test', load: 0, commit: 'test' };

beforeAll(async () => {
  await useEngine({ prefer: 'wasm' });
});
afterAll(() => {
  rmSync(cacheDir, { recursive: true });
});

describe('the studies of the small worlds, at their smallest', () => {
  it.each(STUDIES.map((study) => [study.name, study] as const))(
    '%s answers and reports',
    async (_, study) => {
      const run = { size: SIZES.tiny, seed: 1, cacheDir };
      await study.runSeed(run);
      const report = startReport({ name: study.name, record: false, print: () => undefined, surroundings });
      const figures: Figure[] = [];
      study.reportSeeds([run], { ...report, add: (one) => (figures.push(report.add(one)), report.add(one)) });
      expect(figures.length).toBeGreaterThan(3);
      // Of one seed the means are known, and bounds are not.
      const means = figures.filter(({ figure }) => !/bound|detectable|less it|points below/.test(figure));
      for (const { figure, value } of means) expect(value, figure).toSatisfy(Number.isFinite);
    },
  );
});
