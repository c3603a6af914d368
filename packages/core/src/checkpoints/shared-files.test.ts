import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
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
