import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { passFaultPoint } from '@rankloop/contracts';
import { canonicalJson } from '../labeling/index.ts';
import type { CheckpointManifest } from './checkpoint-view.ts';
import { hashFile } from './hash-file.ts';
import { CONTENTS, shareFile, sweepContents } from './shared-files.ts';

/** Under the data directory: folders that rows may point at, and those still being written. */
const STORE = 'checkpoints';
const PARTS = join(STORE, 'unfinished');

export interface StoredCheckpoint {
  /** Relative to the data directory, as the row keeps it. */
  folder: string;
  manifest: CheckpointManifest;
  manifestHash: string;
}

/** A fresh folder to write a checkpoint into, on the same file system as its later place. */
export async function newCheckpointFolder(dataDir: string): Promise<string> {
  const folder = join(dataDir, PARTS, randomUUID());
  await mkdir(folder, { recursive: true });
  return folder;
}

/**
 * Gives a written folder its final name: every file is hashed and on the disk before the name appears, so a crash at any
 * moment leaves either nothing or the whole. The name holds the manifest's hash. Only a row makes it a checkpoint.
 *
 * @param label what made it, such as `round-<id>-attempt-2-policy`
 */
export async function storeCheckpoint(
  dataDir: string,
  written: string,
  label: string,
): Promise<StoredCheckpoint> {
  const manifest: CheckpointManifest = {};
  for (const file of (await readdir(written)).sort()) {
    const path = join(written, file);
    const content = { bytes: (await stat(path)).size, sha256: await hashFile(path) };
    manifest[file] = content;
    await sync(path);
    await shareFile(dataDir, path, content);
  }
  const manifestHash = hashManifest(manifest);
  const manifestPath = join(written, 'manifest.json');
  await writeFile(manifestPath, `${JSON.stringify(manifest, null, 2)}\n`);
  await sync(manifestPath);
  await sync(written);
  const folder = join(STORE, `${label}-${manifestHash.slice(0, 16)}`);
  // The same content under the same label may be there already, from a caller that died before its row.
  await rm(join(dataDir, folder), { recursive: true, force: true });
  passFaultPoint('before rename');
  await rename(written, join(dataDir, folder));
  passFaultPoint('after rename');
  await sync(join(dataDir, STORE));
  return { folder, manifest, manifestHash };
}

/** What a checkpoint is known by: SHA-256 over its manifest. */
export function hashManifest(manifest: CheckpointManifest): string {
  return createHash('sha256').update(canonicalJson(manifest)).digest('hex');
}

/** Compares the files with the manifest. Returns a sentence on what differs, or null. */
export async function findCheckpointDamage(
  dataDir: string,
  stored: StoredCheckpoint,
): Promise<string | null> {
  for (const file of Object.keys(stored.manifest)) {
    const damage = await findFileDamage(dataDir, stored, file);
    if (damage !== null) return damage;
  }
  return null;
}

/** `findCheckpointDamage` for one of the files. */
export async function findFileDamage(
  dataDir: string,
  { folder, manifest }: Pick<StoredCheckpoint, 'folder' | 'manifest'>,
  file: string,
): Promise<string | null> {
  const path = join(dataDir, folder, file);
  const size = await stat(path).then(
    (found) => found.size,
    () => null,
  );
  const wanted = manifest[file];
  if (size === null) return `${file} of the checkpoint is missing.`;
  if (size === wanted?.bytes && (await hashFile(path)) === wanted.sha256) return null;
  return `${file} of the checkpoint is not what was written.`;
}

export interface SweepOptions {
  dataDir: string;
  /** Folders that rows point at. */
  known: ReadonlySet<string>;
  /** Younger ones may belong to a write whose row is about to come. */
  olderThanMs: number;
}

/** Deletes folders that no row points at: what a crash between file and row left. Returns how many. */
export async function sweepCheckpointFiles(options: SweepOptions): Promise<number> {
  const { dataDir, known, olderThanMs } = options;
  let swept = 0;
  for (const parent of [STORE, PARTS]) {
    const names = await readdir(join(dataDir, parent)).catch(() => []);
    for (const name of names) {
      const folder = join(parent, name);
      if (folder === PARTS || folder === CONTENTS || known.has(folder)) continue;
      const found = await stat(join(dataDir, folder)).catch(() => null);
      if (!found || Date.now() - found.mtimeMs < olderThanMs) continue;
      await rm(join(dataDir, folder), { recursive: true, force: true });
      swept += 1;
    }
  }
  await sweepContents(dataDir, olderThanMs);
  return swept;
}

/** To the disk itself: a rename must never be there before what it names. */
async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
