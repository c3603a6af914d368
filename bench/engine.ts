import { type EngineName, useEngine } from '@rankloop/rl';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compare } from './engine/compare.ts';
import { reportMemory } from './engine/memory-row.ts';
import { pythonFinder } from './engine/python.ts';
import { speedRows } from './engine/rows.ts';
import { type TinyModels, writeTinyModels } from './engine/tiny-model.ts';
import { startReport } from './lib/report.ts';

/**
 * Speed of the learning part against Python's on the same cores: training steps against PyTorch, whole trainers
 * against TRL, sampling against two loops of PyTorch, the portable engine against stock TF.js gradients; and the
 * memory of many recorded steps. A rival is measured in alternation where PYTHON_WITH_TORCH (or python3) has it, else
 * its recorded figure stands in.
 *
 * `--only ROW,ROW` measures these rows; `--quick` is a short look.
 */
const isQuick = process.argv.includes('--quick');
const MEMORY = 'memory';

const { name: engine } = await useEngine();
const scratchDir = mkdtempSync(path.join(tmpdir(), 'rankloop-bench-engine-'));
try {
  await run(engine, await writeTinyModels(scratchDir));
} finally {
  rmSync(scratchDir, { recursive: true, force: true });
}

async function run(engine: EngineName, models: TinyModels): Promise<void> {
  const rows = speedRows({ engine, models, scratchDir, isQuick });
  const wanted = wantedRows([...rows.map(({ name }) => name), MEMORY]);
  const report = startReport({ name: 'engine', record: process.argv.includes('--record') });
  const findPython = pythonFinder();
  for (const row of rows.filter(({ name }) => wanted.has(name))) {
    console.error(`${row.name} ...`);
    await compare(row, { report, findPython });
  }
  if (wanted.has(MEMORY)) await reportMemory({ report, engine, models, scratchDir, isQuick });
  report.finish();
}

/** All rows, or those that `--only` names. */
function wantedRows(known: readonly string[]): ReadonlySet<string> {
  const place = process.argv.indexOf('--only');
  if (place < 0) return new Set(known);
  if (process.argv.includes('--record')) throw new Error('--record keeps all rows: leave out --only.');
  const names = (process.argv[place + 1] ?? '').split(',');
  const stranger = names.find((name) => !known.includes(name));
  if (stranger !== undefined)
    throw new Error(`There is no row "${stranger}": --only takes ${known.join(', ')}.`);
  return new Set(names);
}
