import { randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  findCheckpointDamage,
  newCheckpointFolder,
  storeCheckpoint,
  sweepCheckpointFiles,
  type StoredCheckpoint,
} from './checkpoint-files.ts';
import { CONTENTS, dropUnused, MIN_SHARED_BYTES } from './shared-files.ts';
import { storeModelFolder } from './store-model-folder.ts';

const LARGE = randomBytes(MIN_SHARED_BYTES);
let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rankloop-shared-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

async function store(label: string, files: Record<string, Uint8Array> = { tokenizer: LARGE }) {
  const folder = await newCheckpointFolder(dataDir);
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return storeCheckpoint(dataDir, folder, label);
}
const path = ({ folder }: StoredCheckpoint, name = 'tokenizer') => join(dataDir, folder, name);
const inode = async (stored: StoredCheckpoint, name?: string) => (await stat(path(stored, name))).ino;
const contents = () => readdir(join(dataDir, CONTENTS)).catch(() => []);
const sweep = (...known: StoredCheckpoint[]) =>
  sweepCheckpointFiles({ dataDir, known: new Set(known.map(({ folder }) => folder)), olderThanMs: 0 });

test('the same content is on the disk once, under whatever names, and each folder reads as its own', async () => {
  const [a, b] = [
    await store('a'),
    await store('b', { other: LARGE, weights: randomBytes(MIN_SHARED_BYTES) }),
  ];
  expect(await inode(b, 'other')).toBe(await inode(a));
  expect(await contents()).toHaveLength(2);
  for (const stored of [a, b]) expect(await findCheckpointDamage(dataDir, stored)).toBeNull();
  expect((await readdir(join(dataDir, b.folder))).sort()).toEqual(['manifest.json', 'other', 'weights']);
});

test('a small file stays apart: damage to one is not damage to all', async () => {
  const small = LARGE.subarray(1);
  const [a, b] = [await store('a', { config: small }), await store('b', { config: small })];
  expect(await inode(a, 'config')).not.toBe(await inode(b, 'config'));
});

test('a content that is damaged on the disk is never taken by a new checkpoint, and is whole again for the next', async () => {
  const a = await store('a');
  await writeFile(
    path(a),
    LARGE.map((byte) => byte ^ 1),
  );
  const [b, c] = [await store('b'), await store('c')];
  expect(await findCheckpointDamage(dataDir, a)).not.toBeNull();
  expect(await findCheckpointDamage(dataDir, b)).toBeNull();
  expect(await inode(c)).toBe(await inode(b));
});

test('the sweep keeps a content as long as one checkpoint has it', async () => {
  const [a, b] = [await store('a'), await store('b')];
  await sweep(a, b);
  expect(await contents()).toHaveLength(1);
  await sweep(b);
  expect(await readFile(path(b))).toEqual(LARGE);
  expect(await contents()).toHaveLength(1);
  await sweep();
  expect(await contents()).toEqual([]);
});

test('forgetting a content gives its bytes back once nobody has it', async () => {
  const a = await store('a');
  const sha256 = a.manifest['tokenizer']?.sha256 ?? '';
  expect(await dropUnused(dataDir, [sha256])).toBe(0);
  await rm(join(dataDir, a.folder), { recursive: true });
  expect(await dropUnused(dataDir, [sha256, sha256])).toBe(LARGE.length);
  expect(await dropUnused(dataDir, [sha256])).toBe(0);
});

test('damage to a content is damage to every checkpoint that shares it, and each is refused by its own hash', async () => {
  const [a, b] = [await store('a'), await store('b', { other: LARGE })];
  const c = await store('c', { weights: randomBytes(MIN_SHARED_BYTES) });
  await truncate(path(a), LARGE.length - 1);
  expect(await findCheckpointDamage(dataDir, a)).toBe('tokenizer of the checkpoint is not what was written.');
  expect(await findCheckpointDamage(dataDir, b)).toBe('other of the checkpoint is not what was written.');
  expect(await findCheckpointDamage(dataDir, c)).toBeNull();
});

test.each([
  ['the same bytes', () => LARGE],
  ['as many others', () => randomBytes(MIN_SHARED_BYTES)],
])('storing another checkpoint with %s writes into no file that is shared', async (_what, content) => {
  const [a, b] = [await store('a'), await store('b')];
  const before = await stat(path(a));
  await store('b', { tokenizer: content() });
  await store('c', { tokenizer: content() });
  for (const stored of [a, b]) {
    expect(await readFile(path(stored))).toEqual(LARGE);
    expect(await findCheckpointDamage(dataDir, stored)).toBeNull();
  }
  expect((await stat(path(a))).mtimeMs).toBe(before.mtimeMs);
});

test('copying a checkpoint and changing the copy leaves those that share its files as they are', async () => {
  const [a, b] = [await store('a'), await store('b')];
  await writeFile(join(dataDir, a.folder, 'config.json'), '{}');
  await writeFile(join(dataDir, a.folder, 'tokenizer.json'), LARGE);
  await writeFile(join(dataDir, a.folder, 'model.safetensors'), 'weights');
  const copy = await storeModelFolder(dataDir, join(dataDir, a.folder), 'copy');
  // The copy is written over as a careless tool would, once it has bytes of its own.
  await copyFile(join(dataDir, copy.folder, 'tokenizer.json'), join(dataDir, 'outside'));
  await writeFile(join(dataDir, 'outside'), 'other');
  for (const stored of [a, b]) expect(await findCheckpointDamage(dataDir, stored)).toBeNull();
  expect(await findCheckpointDamage(dataDir, copy)).toBeNull();
});

test('deleting one checkpoint leaves the bytes of those that share its files', async () => {
  const [a, b] = [await store('a'), await store('b')];
  await rm(join(dataDir, a.folder), { recursive: true });
  await dropUnused(dataDir, [a.manifest['tokenizer']?.sha256 ?? '']);
  expect(await readFile(path(b))).toEqual(LARGE);
  expect(await inode(await store('c'))).toBe(await inode(b));
});
