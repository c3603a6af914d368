import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { claimRound, releaseRound, startRound } from '@rankloop/core';
import { createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withProgress } from '../src/rounds/with-progress.ts';
import { freshDataDir, makeTinyProject } from './tiny-project.ts';

let database: TestDatabase;
let dataDir: string;
beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await freshDataDir();
});
afterAll(async () => {
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
});

test('a stage that was killed goes on after its last whole state, with every step of its curve once', async () => {
  const { prisma } = database.db;
  const { projectId, config } = await makeTinyProject(prisma, dataDir, { tasks: 3 });
  const { id: roundId } = await startRound({ prisma, projectId, actor: { userId: null }, config });
  const of = { dataDir, roundId, stage: 'ppo' };
  const live = async (attempt: number, train: Parameters<typeof withProgress<void>>[3]) => {
    const fence = { roundId, attempt };
    await claimRound(prisma, fence, `worker-${attempt}`);
    await withProgress({ prisma, fence, dataDir }, of, { name: 'ppo', drawsSamples: true }, train);
  };
  const step = (number: number, loss: number) => ({ step: number, totalSteps: 4, values: { loss } });
  const save = async (parent: string, content: string) => {
    const folder = join(parent, randomUUID());
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'state.json'), content);
    return folder;
  };

  const killed = live(1, async (writer, { progress, onSaved }) => {
    expect(progress.goOnFrom).toBeNull();
    writer.addStep(step(1, 0.1));
    onSaved(1, await save(progress.folder, 'after 1'));
    writer.addStep(step(2, 0.2));
    onSaved(2, await save(progress.folder, 'after 2'));
    writer.addStep(step(3, 0.3));
    throw new Error('killed');
  });
  await expect(killed).rejects.toThrow('killed');
  await releaseRound(prisma, { roundId, attempt: 1 });
  const newest =
    (await readdir(join(dataDir, 'progress'))).find((name) => name.includes('ppo.000000000002-')) ?? '';
  await writeFile(join(dataDir, 'progress', newest, 'state.json'), 'damaged');

  await live(2, (writer, { progress, onBegun }) => {
    expect(progress.goOnFrom).toContain('ppo.000000000001-');
    onBegun({ step: 1, refusal: null, differences: ['engine'] });
    for (const number of [2, 3, 4]) writer.addStep(step(number, number));
    return Promise.resolve();
  });
  const rows = await prisma.metric.findMany({ where: { roundId }, orderBy: { step: 'asc' } });
  expect(rows.map(({ attempt, step: number, value }) => [attempt, number, value])).toEqual([
    [1, 1, 0.1],
    [2, 2, 2],
    [2, 3, 3],
    [2, 4, 4],
  ]);
  const log = (await prisma.roundLog.findMany({ where: { roundId } })).map(({ message }) => message);
  expect(log).toContain(
    'state.json of what was saved on the way is not what was written. What was saved before it is taken.',
  );
  expect(log).toContain(
    '"ppo" goes on after step 1. It was saved with another engine: numbers agree with a run without a stop to about 0.0001.',
  );
});

test('a stage that was killed within its first step goes on there, and what was saved stays until more is', async () => {
  const { prisma } = database.db;
  const { projectId, config } = await makeTinyProject(prisma, dataDir, { tasks: 3 });
  const { id: roundId } = await startRound({ prisma, projectId, actor: { userId: null }, config });
  const of = { dataDir, roundId, stage: 'ppo' };
  const live = async (attempt: number, train: Parameters<typeof withProgress<void>>[3]) => {
    const fence = { roundId, attempt };
    await claimRound(prisma, fence, `worker-${attempt}`);
    await withProgress({ prisma, fence, dataDir }, of, { name: 'ppo', drawsSamples: false }, train);
    await releaseRound(prisma, fence);
  };
  await live(1, async (_writer, { progress, onSaved }) => {
    const folder = join(progress.folder, randomUUID());
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'state.json'), 'within the first step');
    onSaved(0, folder);
  });
  for (const attempt of [2, 3]) {
    await live(attempt, (_writer, { progress, onBegun }) => {
      expect(progress.goOnFrom).toContain('ppo.000000000000-');
      onBegun({ step: 0, refusal: null, differences: [] });
      return Promise.resolve();
    });
  }
  const log = (await prisma.roundLog.findMany({ where: { roundId } })).map(({ message }) => message);
  expect(log).toContain(
    '"ppo" goes on within its first step. Its numbers are those of a run without a stop.',
  );
});

test('a training whose state cannot be kept goes on, and that is said once', async () => {
  const { prisma } = database.db;
  const { projectId, config } = await makeTinyProject(prisma, dataDir, { tasks: 3 });
  const { id: roundId } = await startRound({ prisma, projectId, actor: { userId: null }, config });
  const fence = { roundId, attempt: 1 };
  await claimRound(prisma, fence, 'worker-1');
  const of = { dataDir, roundId, stage: 'reward' };
  const written = { name: 'reward', drawsSamples: false };
  const result = await withProgress({ prisma, fence, dataDir }, of, written, (_writer, saving) => {
    saving.onUnsaved('ENOSPC: no space left on device');
    saving.onSaved(2, join(dataDir, 'nowhere'));
    return Promise.resolve('trained');
  });
  expect(result).toBe('trained');
  const warnings = await prisma.roundLog.findMany({ where: { roundId, level: 'warning' } });
  expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining('ENOSPC') as string]);
});
