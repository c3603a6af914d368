import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  createProject,
  createTask,
  createTestDatabase,
  createUser,
  type TestDatabase,
} from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBackup } from './create-backup.ts';
import { restoreBackup } from './restore-backup.ts';

let source: TestDatabase;
let target: TestDatabase;
let folder: string;
let archive: string;
const say = () => undefined;
const weights = path.join('checkpoints', 'base', 'model.safetensors');

beforeAll(async () => {
  source = await createTestDatabase();
  target = await createTestDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'rankloop-cli-backup-'));
  const { prisma } = source.db;
  await createUser(prisma);
  const { project, form } = await createProject(prisma);
  await createTask(prisma, { projectId: project.id, formVersionId: form.id });
  await mkdir(path.join(folder, 'data', 'checkpoints', 'base'), { recursive: true });
  await writeFile(path.join(folder, 'data', weights), 'weights');
  archive = path.join(folder, 'backup.tar.gz');
  await createBackup({ databaseUrl: source.url, dataDir: path.join(folder, 'data'), file: archive, say });
});
afterAll(async () => {
  await source.close();
  await target.close();
  await rm(folder, { recursive: true });
});

const restore = (file: string, replace = false) =>
  restoreBackup({ databaseUrl: target.url, dataDir: path.join(folder, 'restored'), file, replace, say });

test('a damaged archive is refused and nothing is changed', async () => {
  const bytes = await readFile(archive);
  const truncated = path.join(folder, 'truncated.tar.gz');
  await writeFile(truncated, bytes.subarray(0, bytes.length - 300));
  await expect(restore(truncated)).rejects.toThrow('Nothing was changed');
  const flipped = path.join(folder, 'flipped.tar.gz');
  const changed = Buffer.from(bytes);
  changed.writeUInt8(changed.readUInt8(changed.length >> 1) ^ 0xff, changed.length >> 1);
  await writeFile(flipped, changed);
  await expect(restore(flipped)).rejects.toThrow('Nothing was changed');
  await expect(restore(path.join(folder, 'absent.tar.gz'))).rejects.toThrow('not a whole Rankloop backup');
  expect(await target.db.prisma.user.count()).toBe(0);
});

test('database and checkpoints come back as they were', async () => {
  await restore(archive);
  expect(await target.db.prisma.completion.findMany({ orderBy: { id: 'asc' } })).toEqual(
    await source.db.prisma.completion.findMany({ orderBy: { id: 'asc' } }),
  );
  expect(await readFile(path.join(folder, 'restored', weights), 'utf8')).toBe('weights');
});

test('what is still being written is left out, and a folder that cannot be read is no empty one', async () => {
  const dataDir = path.join(folder, 'busy');
  const file = path.join(folder, 'busy.tar.gz');
  await mkdir(path.join(dataDir, 'checkpoints', 'unfinished', 'half'), { recursive: true });
  await writeFile(path.join(dataDir, 'checkpoints', 'unfinished', 'half', 'model.safetensors'), 'half');
  expect((await createBackup({ databaseUrl: source.url, dataDir, file, say })).files).toEqual([]);
  await rm(path.join(dataDir, 'checkpoints'), { recursive: true });
  await writeFile(path.join(dataDir, 'checkpoints'), 'not a folder');
  await expect(createBackup({ databaseUrl: source.url, dataDir, file, say })).rejects.toThrow('ENOTDIR');
});

test('rows come back only when their weights are in place', async () => {
  const empty = await createTestDatabase();
  try {
    const dataDir = path.join(folder, 'blocked');
    await mkdir(dataDir);
    await writeFile(path.join(dataDir, 'checkpoints'), 'in the way');
    const options = { databaseUrl: empty.url, dataDir, file: archive, replace: false, say };
    await expect(restoreBackup(options)).rejects.toThrow();
    expect(await empty.db.prisma.user.count()).toBe(0);
  } finally {
    await empty.close();
  }
});

test('a database in use is replaced only when asked to', async () => {
  await expect(restore(archive)).rejects.toThrow('already has accounts');
  await restore(archive, true);
});
