import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { PlainError } from '../plain-error.ts';

/** The account that PostgreSQL runs as when we are root, because it refuses to run as root. */
export interface ServerUser {
  readonly ids: { readonly uid: number; readonly gid: number };
}

/** Undefined when this process is an ordinary user: PostgreSQL then runs as that user. */
export function chooseServerUser(dataDir: string): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  // Data that is already there says whose it is.
  if (existsSync(dataDir)) {
    const { uid, gid } = statSync(dataDir);
    if (uid !== 0) return { ids: { uid, gid } };
  }
  for (const name of ['postgres', 'nobody']) {
    const uid = idOf(name, '-u');
    const gid = idOf(name, '-g');
    if (uid !== undefined && gid !== undefined && uid !== 0) return { ids: { uid, gid } };
  }
  throw new PlainError(
    'PostgreSQL does not run as root, and this system has no user called "postgres" or "nobody". Start as an ordinary user, or set DATABASE_URL.',
  );
}

function idOf(name: string, flag: '-u' | '-g'): number | undefined {
  try {
    return Number(
      execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
  } catch {
    return undefined;
  }
}
