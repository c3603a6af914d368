import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Checkpoint } from '@rankloop/db';
import { createCheckpoint, createProject, createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newCheckpointFolder, storeCheckpoint } from './checkpoint-files.ts';
import { findWholePolicy } from './find-whole-policy.ts';

let database: TestDatabase;
let dataDir: string;
beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'rankloop-whole-'));
});
afterAll(async () => {
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
});

const FILES = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
const HARMS: Record<string, (file: string) => Promise<void>> = {
  truncated: async (file) => truncate(file, 3),
  'of which one bit is flipped': async (file) => {
    const bytes = await readFile(file);
    bytes.writeUInt8(bytes.readUInt8(2) ^ 1, 2);
    await writeFile(file, bytes);
  },
  deleted: (file) => rm(file),
};

/** A policy with real files, made of another one. */
async function makePolicy(projectId: string, name: string, parentId: string | null): Promise<Checkpoint> {
  const folder = await newCheckpointFolder(dataDir);
  for (const file of FILES) await writeFile(join(folder, file), `${file} of ${name}`);
  const stored = await storeCheckpoint(dataDir, folder, name);
  const { id } = await createCheckpoint(database.db.prisma, { projectId });
  return database.db.prisma.checkpoint.update({ where: { id }, data: { name, parentId, ...stored } });
}

const makeLine = async () => {
  const { project } = await createProject(database.db.prisma);
  const base = await makePolicy(project.id, `base-${project.id}`, null);
  return { base, next: await makePolicy(project.id, `next-${project.id}`, base.id) };
};
const find = (checkpointId: string) => findWholePolicy({ prisma: database.db.prisma, dataDir, checkpointId });

test('a policy whose files are what was written is taken itself', async () => {
  const { next } = await makeLine();
  expect(await find(next.id)).toMatchObject({ checkpoint: { id: next.id }, refused: [] });
});

describe.each(FILES)('a policy with its %s', (file) => {
  test.each(Object.keys(HARMS))('%s is refused by its hash, and the one before it is taken', async (harm) => {
    const { base, next } = await makeLine();
    await HARMS[harm]?.(join(dataDir, next.folder, file));
    const { checkpoint, refused } = await find(next.id);
    expect(checkpoint?.id).toBe(base.id);
    expect(refused).toEqual([expect.stringContaining(file)]);
  });
});

test('where no policy of the line is whole, none is taken', async () => {
  const { base, next } = await makeLine();
  for (const { folder } of [base, next]) await rm(join(dataDir, folder, 'model.safetensors'));
  const { checkpoint, refused } = await find(next.id);
  expect(checkpoint).toBeNull();
  expect(refused).toHaveLength(2);
});
