// Whether the set-up is at work right now, told by the lock that it holds (scripts/lib/lock.mjs).

import { readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

/** The holder touches its lock every 5 s. */
const STALE_MS = 30_000;

const Lock = z.object({ pid: z.number().int().positive(), host: z.string() });

/** Whether a living process prepares the engine of this folder. A lock that a killed one left does not count. */
export function isBeingPrepared(engineFolder: string): boolean {
  const file = lockOf(engineFolder);
  try {
    const { pid, host } = Lock.parse(JSON.parse(readFileSync(file, 'utf8')));
    const isFresh = Date.now() - statSync(file).mtimeMs < STALE_MS;
    return isFresh && (host !== hostname() || isAlive(pid));
  } catch {
    // No lock, or one that was removed between our two looks.
    return false;
  }
}

/** The file that is there while an engine is being prepared. */
export function lockOf(engineFolder: string): string {
  return `${engineFolder}.lock`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is alive too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
