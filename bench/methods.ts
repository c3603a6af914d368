import { useEngine } from '@rankloop/rl';
import { parseArgs } from 'node:util';
import { above } from './lib/bar.ts';
import { startReport } from './lib/report.ts';
import { findOutcome } from './methods/attempt.ts';
import { CACHE_DIR } from './methods/cache.ts';
import { cellsOf } from './methods/cells.ts';
import { compareMethods, savedByPtx } from './methods/compare.ts';
import { runMissing } from './methods/run-missing.ts';
import { reportMethods } from './methods/report-methods.ts';
import { seedsNamed, SIZES, type Size } from './methods/sizes.ts';
import { STUDIES } from './methods/studies/index.ts';
import { formatMethods } from './methods/table.ts';

/**
 * Which way of learning from the same judgements, with the same number of drawn outputs, gives what people wanted: in
 * small worlds whose true reward is known. `npm run bench -- methods`, `-- methods quick`, `--only ppo,raft`,
 * `--jobs 2`, `--seeds 3` or `--seeds 5..8`, `--study NAME`. Results are kept in a folder and a run that was stopped goes on where it was.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    study: { type: 'string' },
    seeds: { type: 'string' },
    jobs: { type: 'string', default: '1' },
    record: { type: 'boolean' },
  },
});
const sizeOf = sizeNamed(positionals.find((word) => word !== '--') ?? 'full');
const size: Size = values.seeds === undefined ? sizeOf : { ...sizeOf, seeds: seedsNamed(values.seeds) };
if (values.study === undefined) await compareAll();
else await runStudy(values.study);

async function runStudy(name: string): Promise<void> {
  const study = STUDIES.find((one) => one.name === name);
  if (study === undefined)
    throw new Error(`There is no study "${name}": ${STUDIES.map((one) => one.name).join(', ')}.`);
  const part = values.seeds === undefined ? '' : ` ${size.seeds.length} seeds`;
  const report = startReport({ name: `methods ${name}${part}` });
  await useEngine();
  const runs = size.seeds.map((seed) => ({ size, seed, cacheDir: CACHE_DIR }));
  for (const run of runs) await study.runSeed(run);
  study.reportSeeds(runs, report);
  report.finish();
}

async function compareAll(): Promise<void> {
  const only = values.only?.split(',');
  const cells = cellsOf(size, only);
  // A part of the runs has a place of its own among the results.
  const part = [
    ...(values.seeds === undefined ? [] : [`${size.seeds.length} seeds`]),
    ...(only === undefined ? [] : [`${only.length} methods`]),
  ];
  const report = startReport({ name: ['methods', size.name, ...part].join(' ') });
  await runMissing({ size, cells, cacheDir: CACHE_DIR, jobs: Number(values.jobs), only });
  const outcomes = cells.flatMap((cell) => findOutcome(CACHE_DIR, cell) ?? []);
  for (const world of size.worlds) {
    const here = outcomes.filter((outcome) => outcome.world === world);
    const lines = compareMethods(here);
    reportMethods(lines, report);
    const hasBoth = ['ppo', 'ppo-ptx'].every((name) => lines.some(({ method }) => method === name));
    if (hasBoth)
      report.add({
        figure: `${world}, ppo-ptx: notes kept that ppo loses, lower 95 % bound`,
        unit: 'nats a token',
        value: savedByPtx(here).low,
        bar: above(0),
      });
    console.log(
      `\n${world}, ${size.seeds.length} seeds, ${size.labels} judgements, ${size.samples} outputs drawn\n`,
    );
    console.log(`${formatMethods(lines)}\n`);
  }
  report.add({
    figure: 'processor time of learning and measuring, all policies',
    unit: 's',
    value: outcomes.reduce((sum, { processorSeconds }) => sum + processorSeconds, 0),
  });
  report.finish();
  if (outcomes.length === cells.length) return;
  console.error(
    `${cells.length - outcomes.length} of ${cells.length} results are missing: run it again to go on.`,
  );
  process.exitCode = 1;
}

function sizeNamed(name: string): Size {
  const found = Object.values(SIZES).find((one) => one.name === name);
  if (found === undefined) throw new Error(`There is no size "${name}": tiny, quick or full.`);
  return found;
}
