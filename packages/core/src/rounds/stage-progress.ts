// What a stage saves on its way, so that a round whose training is killed goes on within the stage: folders like those
// of checkpoints, hashed and renamed into place, but without a row. They are gone when the stage has made its
// checkpoint.

import { open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PrismaClient } from '@rankloop/db';
import { CheckpointManifest } from '../checkpoints/checkpoint-view.ts';
import { findCheckpointDamage, hashManifest } from '../checkpoints/checkpoint-files.ts';
import { hashFile } from '../checkpoints/hash-file.ts';
import { ACTIVE_STATES } from './stages.ts';

export interface StageProgress {
  dataDir: string;
  roundId: string;
  stage: string;
}

/** Under the data directory. */
const STORE = 'progress';
const PARTS = join(STORE, 'unfinished');
const MANIFEST = 'manifest.json';

/** The one before the last stays, in case the last is damaged. */
const KEPT = 2;

/** Stages are named in letters, digits and hyphens: a dot ends them. */
const nameStart = ({ roundId, stage }: StageProgress) => `${roundId}.${stage}.`;

/** Where a folder is written before it has its name, on the same file system. */
export function unfinishedProgress(dataDir: string): string {
  return join(dataDir, PARTS);
}

/**
 * Gives a written folder its name and removes older ones: every file is hashed and on the disk before the name appears,
 * and the name holds the hash of all hashes.
 */
export async function storeProgress(of: StageProgress, written: string, step: number): Promise<void> {
  const manifest: CheckpointManifest = {};
  for (const file of (await readdir(written)).sort()) {
    const path = join(written, file);
    manifest[file] = { bytes: (await stat(path)).size, sha256: await hashFile(path) };
    await sync(path);
  }
  await writeFile(join(written, MANIFEST), `${JSON.stringify(manifest)}\n`);
  await sync(join(written, MANIFEST));
  await sync(written);
  // A long step is saved several times on its way: the last of them counts.
  const ordinal = 1 + ordinalOf(of, (await listNames(of))[0]);
  const name = `${nameStart(of)}${inDigits(step)}-${inDigits(ordinal)}-${hashOf(manifest)}`;
  await rm(join(of.dataDir, STORE, name), { recursive: true, force: true });
  await rename(written, join(of.dataDir, STORE, name));
  await sync(join(of.dataDir, STORE));
  for (const older of (await listNames(of)).slice(KEPT)) await remove(of.dataDir, older);
}

/** Numbers that sort as text. */
const inDigits = (number: number) => String(number).padStart(12, '0');

/** The how many-th state of its stage a folder is, by its name. */
function ordinalOf(of: StageProgress, name = ''): number {
  const ordinal = Number(name.slice(nameStart(of).length).split('-')[1]);
  return Number.isSafeInteger(ordinal) ? ordinal : 0;
}

interface FoundProgress {
  /** Null where there is none that is whole. */
  folder: string | null;
  /** What is wrong with newer ones, which are gone now. */
  damage: string[];
}

/** The newest folder in which every file is what was written. */
export async function findProgress(of: StageProgress): Promise<FoundProgress> {
  const damage: string[] = [];
  for (const name of await listNames(of)) {
    const wrong = await findDamage(of.dataDir, name);
    if (wrong === null) return { folder: join(of.dataDir, STORE, name), damage };
    damage.push(wrong);
    await remove(of.dataDir, name);
  }
  return { folder: null, damage };
}

export async function removeProgress(of: StageProgress): Promise<void> {
  for (const name of await listNames(of)) await remove(of.dataDir, name);
}

/** A folder younger than this may belong to a round that somebody is about to retry. */
const STRAY_AGE_MS = 3_600_000;

/** Deletes what rounds have left that will not go on by themselves. Returns how many folders. */
export async function sweepProgress(
  prisma: Pick<PrismaClient, 'round'>,
  dataDir: string,
  olderThanMs = STRAY_AGE_MS,
): Promise<number> {
  const active = await prisma.round.findMany({
    where: { state: { in: [...ACTIVE_STATES] } },
    select: { id: true },
  });
  const ids = new Set(active.map(({ id }) => id));
  let swept = 0;
  for (const parent of [STORE, PARTS]) {
    for (const name of await readdir(join(dataDir, parent)).catch(() => [])) {
      const folder = join(dataDir, parent, name);
      if (join(parent, name) === PARTS || ids.has(name.split('.')[0] ?? '')) continue;
      const found = await stat(folder).catch(() => null);
      if (!found || Date.now() - found.mtimeMs < olderThanMs) continue;
      await rm(folder, { recursive: true, force: true });
      swept += 1;
    }
  }
  return swept;
}

/** Newest first. */
async function listNames(of: StageProgress): Promise<string[]> {
  const names = await readdir(join(of.dataDir, STORE)).catch(() => []);
  const own = names.filter((name) => name.startsWith(nameStart(of)));
  return own.sort().reverse();
}

/** A sentence, or null. */
async function findDamage(dataDir: string, name: string): Promise<string | null> {
  const folder = join(STORE, name);
  const manifest = await readManifest(join(dataDir, folder, MANIFEST));
  if (manifest === null || !name.endsWith(`-${hashOf(manifest)}`)) {
    return 'What was saved on the way is not what was written.';
  }
  const damage = await findCheckpointDamage(dataDir, { folder, manifest, manifestHash: hashOf(manifest) });
  return damage && damage.replace('the checkpoint', 'what was saved on the way');
}

async function readManifest(path: string): Promise<CheckpointManifest | null> {
  try {
    return CheckpointManifest.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return null;
  }
}

function hashOf(manifest: CheckpointManifest): string {
  return hashManifest(manifest).slice(0, 16);
}

async function remove(dataDir: string, name: string): Promise<void> {
  await rm(join(dataDir, STORE, name), { recursive: true, force: true });
}

/** To the disk itself: a name must never be there before what it names. */
async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
