import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { crewFor, startCrew, type Crew } from './crash/crew.ts';
import { CELLS, nameOf, SAMPLE, whyImpossible, type Cell } from './crash/faults.ts';
import { startLane, type Lane } from './crash/lane.ts';
import { reportCells } from './crash/report-cells.ts';
import { runCell, type CellResult } from './crash/run-cell.ts';
import { bundleWorker } from './crash/worker-program.ts';
import { startReport } from './lib/report.ts';

/**
 * The crash matrix: at each point of a round each fault, with a real worker on a real database. Every cell ends with
 * exactly one new policy in use or a clean failure, and nothing stays behind. README.md says more.
 */
const { values } = parseArgs({
  options: {
    /** A few cells that are quick. */
    sample: { type: 'boolean', default: false },
    /** Cells whose name holds one of these, such as "mid PPO" or "before rename:SIGSTOP worker". */
    only: { type: 'string' },
    /** Keeps the cells that the last run has finished. */
    continue: { type: 'boolean', default: false },
    /** Cells at the same time. */
    jobs: { type: 'string', default: '2' },
    record: { type: 'boolean', default: false },
  },
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const stateDir = fileURLToPath(new URL('../.rankloop/crash', import.meta.url));
const finishedFile = `${stateDir}/cells.jsonl`;
mkdirSync(stateDir, { recursive: true });
if (!values.continue) rmSync(finishedFile, { force: true });

const report = startReport({ name: 'crash' });
const asked = values.sample ? SAMPLE : CELLS;
const parts = values.only?.split(',') ?? [''];
const wanted = asked.filter((cell) => parts.some((part) => nameOf(cell).includes(part)));
const finished = readFinished();
const results: CellResult[] = wanted.flatMap((cell) => finished.get(nameOf(cell)) ?? []);
await runAll(wanted.filter((cell) => whyImpossible(cell) === null && !finished.has(nameOf(cell))));
reportCells(report, wanted, results);
report.finish();

async function runAll(waiting: Cell[]): Promise<void> {
  if (waiting.length === 0) return;
  const bundle = await bundleWorker();
  const work = async () => {
    const lane = await startLane();
    try {
      await runInTurn(waiting, lane, bundle);
    } finally {
      await lane.close();
    }
  };
  try {
    await Promise.all(Array.from({ length: Number(values.jobs) }, work));
  } finally {
    rmSync(bundle, { recursive: true, force: true });
  }
}

/** Cell after cell with workers that are up already; after one that went wrong, with new ones in a new world. */
async function runInTurn(waiting: Cell[], lane: Lane, bundle: string): Promise<void> {
  let crew: Crew | undefined;
  let last: CellResult | undefined;
  const dismiss = async () => {
    const found = (await crew?.close()) ?? [];
    crew = undefined;
    if (last === undefined || found.length === 0) return;
    last.faults.push(...found);
    note(last);
  };
  for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
    if (cell.fault === 'Redis emptied' && lane.redis === null) continue;
    const kind = crewFor(cell.fault);
    if (crew?.kind !== kind) await dismiss();
    crew ??= await startCrew({ kind, lane, bundle });
    last = await runCell({ cell, lane, crew, isPatient: !values.sample });
    results.push(last);
    note(last);
    if (last.faults.length === 0) continue;
    process.stderr.write(`${crew.output()}\n`);
    await crew.kill();
    crew = undefined;
  }
  await dismiss();
}

/** The last line about a cell counts. */
function note(result: CellResult): void {
  appendFileSync(finishedFile, `${JSON.stringify(result)}\n`);
  process.stderr.write(`${describe(result)}\n`);
}

function describe({ cell, state, attempts, seconds, reason, faults }: CellResult): string {
  const how = `${state} under attempt ${attempts} in ${seconds.toFixed(1)} s`;
  const why = state === 'succeeded' || reason === null ? '' : ` (${reason})`;
  const wrong = faults.length === 0 ? '' : `  RED: ${faults.join('; ')}`;
  return `${nameOf(cell)} ${how}${why}${wrong}`;
}

function readFinished(): Map<string, CellResult> {
  if (!values.continue) return new Map();
  try {
    const lines = readFileSync(finishedFile, 'utf8').trim().split('\n');
    // Written by this program, and by no other.
    const all = lines.map((line) => JSON.parse(line) as CellResult);
    return new Map(all.map((result) => [nameOf(result.cell), result]));
  } catch {
    return new Map();
  }
}
