import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProject, createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addCorpus, findCorpus, readCorpusTexts, storeCorpus, sweepCorpora } from './index.ts';

let database: TestDatabase;
let dataDir: string;
beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'rankloop-corpora-'));
});
afterAll(async () => {
  await database.close();
  await rm(dataDir, { recursive: true });
});

const add = (projectId: string, name: string, texts: string[]) =>
  addCorpus({ prisma: database.db.prisma, dataDir, actor: { userId: null }, projectId, name, texts });

test('a corpus comes back text for text, by its name or as the newest, and only in its project', async () => {
  const { prisma } = database.db;
  const { project } = await createProject(prisma);
  const { project: other } = await createProject(prisma);
  const texts = ['One.\nTwo.', 'Ü "quoted"\u2028'];
  await add(project.id, 'books', texts);
  await add(project.id, 'news', ['Three.']);
  const books = await findCorpus(prisma, { projectId: project.id, name: 'books' });
  if (!books) throw new Error('The corpus is not there.');
  expect(books.texts).toBe(2);
  expect(await readCorpusTexts(dataDir, books)).toEqual(texts);
  expect(await findCorpus(prisma, { projectId: project.id })).toMatchObject({ name: 'news' });
  expect(await findCorpus(prisma, { projectId: other.id })).toBeNull();
});

test('the same texts are stored once, and a name never changes what it stands for', async () => {
  const { project } = await createProject(database.db.prisma);
  const first = await add(project.id, 'a', ['Same.']);
  expect(await add(project.id, 'a', ['Same.'])).toEqual(first);
  const twin = await add(project.id, 'b', ['Same.']);
  expect(twin.file).toBe(first.file);
  await expect(add(project.id, 'a', ['Other.'])).rejects.toMatchObject({ code: 'conflict' });
  const files = await readdir(join(dataDir, 'corpora'));
  expect(files.filter((name) => name.endsWith('.unfinished'))).toEqual([]);
});

test('a file that was changed or is gone is refused', async () => {
  const { project } = await createProject(database.db.prisma);
  const { file } = await add(project.id, 'a', ['Whole.']);
  const found = await findCorpus(database.db.prisma, { projectId: project.id });
  if (!found) throw new Error('The corpus is not there.');
  await writeFile(join(dataDir, file), '{"text":"Changed."}\n');
  await expect(readCorpusTexts(dataDir, found)).rejects.toThrow('is not what was written');
  await rm(join(dataDir, file));
  await expect(readCorpusTexts(dataDir, found)).rejects.toThrow('cannot be read');
});

test('sweeping takes files that no row knows, once they are old, and nothing else', async () => {
  const { prisma } = database.db;
  const { project } = await createProject(prisma);
  const kept = await add(project.id, 'kept', ['Kept.']);
  const stray = await storeCorpus(dataDir, ['Stray.']);
  const unfinished = 'corpora/cut-off.unfinished';
  await writeFile(join(dataDir, unfinished), '');
  const hour = 3_600_000;
  expect(await sweepCorpora(prisma, dataDir, hour)).toBe(0);
  const old = new Date(Date.now() - 2 * hour);
  for (const file of [kept.file, stray.file, unfinished]) await utimes(join(dataDir, file), old, old);
  expect(await sweepCorpora(prisma, dataDir, hour)).toBe(2);
  const found = await findCorpus(prisma, { projectId: project.id });
  if (!found) throw new Error('The corpus is not there.');
  expect(await readCorpusTexts(dataDir, found)).toEqual(['Kept.']);
  await expect(readCorpusTexts(dataDir, { path: stray.file, hash: stray.hash })).rejects.toThrow();
});
