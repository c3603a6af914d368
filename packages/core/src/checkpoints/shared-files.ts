import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hashFile } from './hash-file.ts';

/** Under the data directory: each content once, by its SHA-256. The folders of checkpoints hold hard links to it. */
export const CONTENTS = join('checkpoints', 'by-content');

/** Smaller files stay apart: sharing them would save nothing, and damage to one would be damage to all. */
export const MIN_SHARED_BYTES = 64 * 1024;

/** What a file system without links answers, or one whose count of them is full; or the content was swept just now. */
const GOES_WITHOUT = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV', 'ENOENT']);

interface Content {
  bytes: number;
  sha256: string;
}

/**
 * Makes a file that was just written share its bytes with the same content of other checkpoints. What is stored already
 * is read again first: a damaged content is replaced and never taken. Where links cannot be had, the file stays its own.
 */
export async function shareFile(dataDir: string, path: string, content: Content): Promise<void> {
  if (content.bytes < MIN_SHARED_BYTES) return;
  const stored = join(dataDir, CONTENTS, content.sha256);
  try {
    await mkdir(dirname(stored), { recursive: true });
    if (await isWhole(stored, content)) await linkOver(stored, path);
    else await linkOver(path, stored);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (typeof code !== 'string' || !GOES_WITHOUT.has(code)) throw error;
  }
}

/** Forgets contents that no checkpoint has any more. @returns the bytes that this gave back */
export async function dropUnused(dataDir: string, contents: Iterable<string>): Promise<number> {
  let bytes = 0;
  for (const sha256 of new Set(contents)) {
    const stored = join(dataDir, CONTENTS, sha256);
    const found = await stat(stored).catch(() => null);
    if (found?.nlink !== 1) continue;
    await rm(stored, { force: true });
    bytes += found.size;
  }
  return bytes;
}

/** `dropUnused` for all contents that have not been linked to or from for a while. */
export async function sweepContents(dataDir: string, olderThanMs: number): Promise<void> {
  for (const name of await readdir(join(dataDir, CONTENTS)).catch(() => [])) {
    const found = await stat(join(dataDir, CONTENTS, name)).catch(() => null);
    // The time of the last change to its links: a store may be about to take it.
    if (!found || Date.now() - found.ctimeMs < olderThanMs) continue;
    // A store that ended before its rename left a second name.
    if (name.includes('.')) await rm(join(dataDir, CONTENTS, name), { force: true });
    else await dropUnused(dataDir, [name]);
  }
}

async function isWhole(path: string, { bytes, sha256 }: Content): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found?.size === bytes && (await hashFile(path)) === sha256;
}

/** `to` becomes another name of `from`, in one step: there is no moment without a file. */
async function linkOver(from: string, to: string): Promise<void> {
  const [source, target] = [await stat(from), await stat(to).catch(() => null)];
  // Renaming one name of a file over another name of it would leave both.
  if (source.ino === target?.ino && source.dev === target.dev) return;
  const beside = `${to}.${randomUUID()}`;
  await link(from, beside);
  try {
    await rename(beside, to);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
