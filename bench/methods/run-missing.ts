// Fills the cache: one process per world and seed, so many at a time.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findOutcome, type Cell } from './attempt.ts';
import type { Size } from './sizes.ts';

const SEED_PROCESS = fileURLToPath(new URL('./seed-process.ts', import.meta.url));

export interface RunMissingOptions {
  size: Size;
  cells: readonly Cell[];
  cacheDir: string;
  jobs: number;
  only?: readonly string[] | undefined;
}

/** A process that fails is said and leaves its results missing; the others go on. */
export async function runMissing({ size, cells, cacheDir, jobs, only }: RunMissingOptions): Promise<void> {
  const missing = cells.filter((cell) => findOutcome(cacheDir, cell) === null);
  const waiting = [...new Set(missing.map(({ world, seed }) => `${world} ${seed}`))];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [world = '', seed = ''] = next.split(' ');
      const args = ['--size', size.name, '--world', world, '--seed', seed, '--cache', cacheDir];
      const status = await runNode([...args, ...(only === undefined ? [] : ['--only', only.join(',')])]);
      if (status !== 0) console.error(`The runs of ${world}, seed ${seed}, ended with status ${status}.`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
}

async function runNode(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, ['--import', 'tsx', SEED_PROCESS, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      resolve(code ?? 1);
    });
  });
}
