import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { programsPrefix, removeLeftPrograms } from './left-programs.ts';

const ROOT = path.join(import.meta.dirname, '../../..');
/** Below the root, from where the bundles find packages, migrations and assets. */
const CACHE = path.join(ROOT, 'node_modules/.cache');
const PROGRAMS = ['api', 'cli', 'worker'] as const;

/**
 * Bundles the programs from the sources as they are, for the run that this process begins: a bundle starts in a
 * third of the time, and it is what runs in production.
 */
export async function bundlePrograms(): Promise<() => void> {
  mkdirSync(CACHE, { recursive: true });
  removeLeftPrograms(CACHE);
  const folder = mkdtempSync(path.join(CACHE, programsPrefix()));
  await Promise.all(PROGRAMS.map((program) => bundle(program, path.join(folder, program))));
  // Workers are started after this and inherit it.
  process.env['RANKLOOP_TEST_PROGRAMS'] = folder;
  return () => {
    delete process.env['RANKLOOP_TEST_PROGRAMS'];
    rmSync(folder, { recursive: true, force: true });
  };
}

/** Where one cannot be bundled, only the tests that start it fail. */
async function bundle(program: string, outdir: string): Promise<void> {
  const cwd = path.join(ROOT, 'apps', program);
  await promisify(execFile)(process.execPath, ['build.mjs', outdir], { cwd }).catch((error: unknown) => {
    console.error(`The ${program} was not bundled:`, error);
  });
}

/** The file that starts the program, for a test that runs it as a process of its own. */
export function programFile(program: (typeof PROGRAMS)[number]): string {
  const file = path.join(process.env['RANKLOOP_TEST_PROGRAMS'] ?? '', program, 'main.js');
  if (!existsSync(file))
    throw new Error(
      `There is no bundle of the ${program}. Was it refused at the start of this run, or is this not vitest at the root?`,
    );
  return file;
}
