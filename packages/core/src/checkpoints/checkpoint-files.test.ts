import { mkdir, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  findCheckpointDamage,
  newCheckpointFolder,
  storeCheckpoint,
  sweepCheckpointFiles,
} from './checkpoint-files.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rankloop-checkpoints-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const store = async (weights: string, label = 'round-1-attempt-1-policy') => {
  const folder = await newCheckpointFolder(dataDir);
  await writeFile(join(folder, 'model.safetensors'), weights);
  await writeFile(join(folder, 'config.json'), '{}');
  return storeCheckpoint(dataDir, folder, label);
};

test('a stored checkpoint has a manifest of its files, and its name tells what made it and what is in it', async () => {
  const stored = await store('weights');
  expect(stored.folder).toBe(`checkpoints/round-1-attempt-1-policy-${stored.manifestHash.slice(0, 16)}`);
  expect(Object.keys(stored.manifest)).toEqual(['config.json', 'model.safetensors']);
  expect(JSON.parse(await readFile(join(dataDir, stored.folder, 'manifest.json'), 'utf8'))).toEqual(
    stored.manifest,
  );
  expect(await findCheckpointDamage(dataDir, stored)).toBeNull();
  expect(await readdir(join(dataDir, 'checkpoints/unfinished'))).toEqual([]);
});

test('the same files give the same hash, other files another', async () => {
  const [first, same, other] = [await store('weights'), await store('weights'), await store('others')];
  expect(same).toEqual(first);
  expect(other.manifestHash).not.toBe(first.manifestHash);
});

test('a file that is shorter, other or gone is named', async () => {
  const stored = await store('weights');
  const weights = join(dataDir, stored.folder, 'model.safetensors');
  await truncate(weights, 3);
  expect(await findCheckpointDamage(dataDir, stored)).toContain('model.safetensors');
  await writeFile(weights, 'WEIGHTS');
  expect(await findCheckpointDamage(dataDir, stored)).toContain('not what was written');
  await rm(weights);
  expect(await findCheckpointDamage(dataDir, stored)).toContain('missing');
});

test('sweeping takes folders that no row knows, once they are old, and nothing else', async () => {
  const [kept, stray] = [await store('kept', 'kept'), await store('stray', 'stray')];
  const unfinished = await newCheckpointFolder(dataDir);
  await mkdir(join(dataDir, 'other'));
  const sweep = (olderThanMs: number) =>
    sweepCheckpointFiles({ dataDir, known: new Set([kept.folder]), olderThanMs });
  expect(await sweep(3_600_000)).toBe(0);
  const old = new Date(Date.now() - 7_200_000);
  for (const folder of [kept.folder, stray.folder]) await utimes(join(dataDir, folder), old, old);
  await utimes(unfinished, old, old);
  expect(await sweep(3_600_000)).toBe(2);
  expect(await findCheckpointDamage(dataDir, kept)).toBeNull();
  expect((await readdir(dataDir)).sort()).toEqual(['checkpoints', 'other']);
});
