import {
  existsSync,
  linkSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

const HEARTBEAT_MS = 5_000;
/** A holder on another machine or in another container cannot be asked; its heartbeat tells. */
const FOREIGN_STALE_MS = 30_000;

/**
 * Takes the lock file, waiting for a living holder.
 * @param {string} file
 * @param {{ what: string, wait?: (holder: { pid: number, what: string }) => void }} options
 *   `wait` is called once when somebody holds it; without `wait`, a held lock is returned instead of waited for.
 * @returns {Promise<{ release(): void } | { holder: { pid: number, what: string } }>}
 */
export async function takeLock(file, { what, wait }) {
  for (let said = false; ;) {
    if (tryTake(file, what)) return holdLock(file);
    const holder = readLock(file);
    if (holder === undefined || !isHeld(file, holder)) {
      removeStale(file, holder);
      continue;
    }
    if (wait === undefined) return { holder };
    if (!said) wait(holder);
    said = true;
    await pause(200);
  }
}

/** Who holds the lock now, if anybody alive does. */
export function lockHolder(file) {
  const holder = readLock(file);
  return holder !== undefined && isHeld(file, holder) ? holder : undefined;
}

function tryTake(file, what) {
  const draft = `${file}.${process.pid}.${Date.now()}`;
  const record = { pid: process.pid, born: bornOf(process.pid), host: hostname(), what };
  writeFileSync(draft, JSON.stringify(record), { mode: 0o600 });
  try {
    // A link appears whole or not at all, so nobody ever reads half a record.
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function holdLock(file) {
  const heartbeat = setInterval(() => {
    try {
      utimesSync(file, new Date(), new Date());
    } catch {
      // Released or removed: nothing left to keep alive.
    }
  }, HEARTBEAT_MS);
  heartbeat.unref();
  const release = () => {
    clearInterval(heartbeat);
    if (readLock(file)?.pid === process.pid) rmSync(file, { force: true });
  };
  process.once('exit', release);
  return {
    release: () => {
      process.removeListener('exit', release);
      release();
    },
  };
}

function readLock(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function isHeld(file, holder) {
  if (holder.host !== hostname()) {
    const age = existsSync(file) ? Date.now() - statSync(file).mtimeMs : Infinity;
    return age < FOREIGN_STALE_MS;
  }
  return isAlive(holder.pid) && (holder.born === undefined || bornOf(holder.pid) === holder.born);
}

/** Moved aside first: of two processes that see the same dead holder, only one removes its record. */
function removeStale(file, holder) {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  const moved = readLock(aside);
  if (moved !== undefined && holder !== undefined && moved.pid !== holder.pid) {
    // Somebody took it between our look and our move: give it back.
    try {
      linkSync(aside, file);
    } catch {
      // Taken again already.
    }
  }
  rmSync(aside, { force: true });
}

export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** When the process was started, in the kernel's count: tells a reused number from the same process. */
function bornOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
