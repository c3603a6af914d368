// Results on disk, so that hours of runs can be stopped and go on.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';

/** Ignored by git; deleting it measures everything again. */
export const CACHE_DIR = path.join(import.meta.dirname, '../../.rankloop/methods');

/** Stands for what no setting says: raised where a change to worlds, labels or measuring makes old results wrong. */
const GENERATION = 2;

/** A name made of everything that a result depends on but the code of the learning part. */
export function keyOf(parts: unknown): string {
  const text = JSON.stringify({ GENERATION, parts }, sortKeys);
  return createHash('sha256').update(text).digest('hex').slice(0, 20);
}

const sortKeys = (_: string, value: unknown): unknown =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

export function readCached<T>(dir: string, name: string, schema: z.ZodType<T>): T | null {
  const file = path.join(dir, `${name}.json`);
  return existsSync(file) ? schema.parse(JSON.parse(readFileSync(file, 'utf8'))) : null;
}

/** Whole or not at all: a run that is stopped while it writes leaves no half result. */
export function writeCached(dir: string, name: string, value: unknown): void {
  mkdirSync(dir, { recursive: true });
  const unfinished = path.join(dir, `${name}.${process.pid}.partial`);
  writeFileSync(unfinished, JSON.stringify(value));
  renameSync(unfinished, path.join(dir, `${name}.json`));
}

/** A folder that is there is whole: it is made under another name. */
export async function makeOnce(dir: string, make: (outDir: string) => Promise<void>): Promise<void> {
  if (existsSync(dir)) return;
  mkdirSync(path.dirname(dir), { recursive: true });
  const unfinished = `${dir}.${process.pid}.partial`;
  await make(unfinished);
  if (existsSync(dir)) rmSync(unfinished, { recursive: true });
  else renameSync(unfinished, dir);
}
