import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Where the server's files of every checkout lie when we are root. */
const ROOT_HOMES = '/var/lib/rankloop';

/**
 * The folder of this checkout's database. As an ordinary user it is inside `stateDir`. As root it is outside,
 * because the unprivileged user that PostgreSQL runs as may not be able to enter the checkout. It is named by an id
 * kept in `stateDir`, so that a fresh checkout in the same place never finds an older one's rows.
 */
export function embeddedHome(stateDir: string): string {
  if (process.getuid?.() !== 0) return path.join(stateDir, 'postgres');
  return path.join(ROOT_HOMES, installId(stateDir));
}

/** A folder for a throw-away server, under `tmpDir` or where a root's server can reach it. */
export function throwAwayHome(tmpDir: string): string {
  const parent = process.getuid?.() === 0 ? ROOT_HOMES : tmpDir;
  return path.join(parent, `rankloop-throw-away-${randomUUID().slice(0, 12)}`);
}

function installId(stateDir: string): string {
  const file = path.join(stateDir, 'install-id');
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, `${randomUUID()}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return readFileSync(file, 'utf8').trim();
}
