import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  createMember,
  createProject,
  createTask,
  createTestDatabase,
  type TestDatabase,
} from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { backupTables, restoreTables } from './backup-tables.ts';

let source: TestDatabase;
let target: TestDatabase;
let folder: string;

beforeAll(async () => {
  source = await createTestDatabase();
  target = await createTestDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'rankloop-backup-'));
  const { prisma } = source.db;
  const { project, form } = await createProject(prisma);
  await createMember(prisma, project.id, 'admin');
  await createTask(prisma, {
    projectId: project.id,
    formVersionId: form.id,
    outputs: ['tab\there', 'line\nbreak', '\\N'],
    need: 3,
  });
});
afterAll(async () => {
  await source.close();
  await target.close();
  await rm(folder, { recursive: true });
});

test('a restored database has the same rows, and a backup of it the same hashes', async () => {
  const backup = await backupTables({ url: source.url, folder: path.join(folder, 'one') });
  expect(backup.tables.find(({ table }) => table === 'completion')?.rows).toBe(3);
  await restoreTables({ url: target.url, folder: path.join(folder, 'one'), backup });
  const again = await backupTables({ url: target.url, folder: path.join(folder, 'two') });
  expect(again.tables).toEqual(backup.tables);
});

test('counters go on after the restored rows', async () => {
  const { prisma } = target.db;
  const { project, form } = await createProject(prisma);
  const { slotIds } = await createTask(prisma, { projectId: project.id, formVersionId: form.id });
  expect(Number(slotIds[0])).toBeGreaterThan(3);
});

test('a database with accounts is left alone unless replacing is asked for', async () => {
  const backup = await backupTables({ url: source.url, folder: path.join(folder, 'one') });
  const restore = restoreTables({ url: target.url, folder: path.join(folder, 'one'), backup });
  await expect(restore).rejects.toThrow('already has accounts');
  await restoreTables({ url: target.url, folder: path.join(folder, 'one'), backup, replace: true });
  expect(await target.db.prisma.task.count()).toBe(1);
});

test('a backup that breaks in the middle changes nothing', async () => {
  const broken = path.join(folder, 'broken');
  const backup = await backupTables({ url: source.url, folder: broken });
  const file = path.join(broken, 'task.copy');
  await writeFile(file, (await readFile(file, 'utf8')).slice(0, 20));
  const before = await target.db.prisma.task.findMany();
  await expect(restoreTables({ url: target.url, folder: broken, backup, replace: true })).rejects.toThrow();
  expect(await target.db.prisma.task.findMany()).toEqual(before);
});

test('a backup of a newer version is refused', async () => {
  const backup = await backupTables({ url: source.url, folder: path.join(folder, 'one') });
  const newer = { ...backup, migrations: [...backup.migrations, '29990101000000_future'] };
  const restore = restoreTables({
    url: target.url,
    folder: path.join(folder, 'one'),
    backup: newer,
    replace: true,
  });
  await expect(restore).rejects.toThrow('newer version');
});
