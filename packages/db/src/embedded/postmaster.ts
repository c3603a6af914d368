import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync, rmSync } from 'node:fs';
import path from 'node:path';

/** What a running server writes about itself into its data folder. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly status: string;
}

/**
 * The server that runs on this data, if one does. A record left by a crash is removed: after a restart of
 * the machine or container its number may belong to any other program, and PostgreSQL would then refuse.
 */
export function findPostmaster(dataDir: string): Postmaster | undefined {
  const file = path.join(dataDir, 'postmaster.pid');
  const record = readPostmaster(dataDir);
  if (record === undefined) return undefined;
  if (isServerOf(record.pid, dataDir)) return record;
  rmSync(file, { force: true });
  return undefined;
}

export function readPostmaster(dataDir: string): Postmaster | undefined {
  let lines: string[];
  try {
    lines = readFileSync(path.join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const pid = Math.abs(Number(lines[0]));
  if (!Number.isInteger(pid) || pid === 0) return undefined;
  return { pid, port: Number(lines[3] ?? 0), status: (lines[7] ?? '').trim() };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function isServerOf(pid: number, dataDir: string): boolean {
  if (!isAlive(pid)) return false;
  try {
    // A server works in its data folder; this stays true when the folder is renamed.
    return readlinkSync(`/proc/${String(pid)}/cwd`) === dataDir;
  } catch {
    // No /proc on this system, or not ours to read.
  }
  try {
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).includes(dataDir);
  } catch {
    // When in doubt PostgreSQL itself decides.
    return true;
  }
}
