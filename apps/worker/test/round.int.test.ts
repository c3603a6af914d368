import { randomBytes } from 'node:crypto';
import { readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { RoundConfig } from '@rankloop/contracts';
import {
  cancelRound,
  getRound,
  getRoundMetrics,
  listRoundSamples,
  retryRound,
  startRound,
} from '@rankloop/core';
import { openQueues, prepareQueues, type Queues } from '@rankloop/jobs';
import { createTestDatabase, eventually, type TestDatabase } from '@rankloop/testkit';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startWorker, type Worker } from '../src/worker.ts';
import { limitMs } from './crowded.ts';
import { freshDataDir, makeTinyProject, tinyConfig, withPpo, type TinyProject } from './tiny-project.ts';

const namespace = `worker_${randomBytes(5).toString('hex')}`;
const logger = pino({ level: process.env['TEST_LOG'] ?? 'silent' });

let database: TestDatabase;
let dataDir: string;
let worker: Worker | undefined;

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await freshDataDir();
  await prepareQueues({ kind: 'postgres', url: database.url }, namespace);
});
afterEach(async () => {
  await worker?.stop();
  worker = undefined;
});
afterAll(async () => {
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
});

const open = (): Queues => openQueues({ backend: { kind: 'postgres', url: database.url }, namespace });
const start = async () => {
  worker = await startWorker({
    db: database.db,
    queues: open(),
    dataDir,
    logger,
    isDemo: false,
    apiOrigin: undefined,
  });
};
const prisma = () => database.db.prisma;
const begin = (project: TinyProject, config = project.config) =>
  startRound({
    prisma: prisma(),
    projectId: project.projectId,
    actor: { userId: project.researcherId },
    config,
  });
const ended = (roundId: string) =>
  eventually(
    async () => {
      const round = await prisma().round.findUniqueOrThrow({ where: { id: roundId } });
      return round.endedAt && round;
    },
    { timeoutMs: 170_000, what: 'the end of the round', intervalMs: 100 },
  );

test('a round goes from judgements to a new policy in use and new tasks, without ever being put in the queue by hand', async () => {
  const project = await makeTinyProject(prisma(), dataDir);
  const { id: roundId } = await begin(project);
  await start();
  const round = await ended(roundId);
  expect(round).toMatchObject({ state: 'succeeded', attempt: 1, reason: null });

  const detail = await getRound({ prisma: prisma(), projectId: project.projectId, roundId });
  expect(detail.stages.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done', 'done']);
  expect(detail.progress.fraction).toBe(1);
  expect(detail.report).toMatchObject({
    judgements: 12,
    newTasks: 8,
    winRate: { judge: 'reward model', n: 6 },
  });
  // Whichever is the best one of this machine.
  expect(['gpu', 'native', 'wasm', 'cpu']).toContain(detail.engine?.['name']);
  expect(detail.engine?.['threads']).toBeGreaterThanOrEqual(1);
  expect(detail.spark).toHaveLength(3);

  const { series } = await getRoundMetrics({
    prisma: prisma(),
    projectId: project.projectId,
    roundId,
    points: 1000,
  });
  const kl = series.find(({ stage, name }) => stage === 'ppo' && name === 'objective/kl');
  expect(kl?.steps).toEqual([1, 2, 3]);

  const samples = await listRoundSamples({
    prisma: prisma(),
    projectId: project.projectId,
    roundId,
    limit: 50,
  });
  expect(samples.items).toHaveLength(6);
  for (const { outputs } of samples.items) {
    expect(new Set(outputs.map(({ policy }) => policy))).toContain('base');
    expect(new Set(outputs.map(({ policy }) => policy))).toContain('now');
  }

  const after = await prisma().project.findUniqueOrThrow({
    where: { id: project.projectId },
    include: { currentPolicy: true },
  });
  expect(after.currentPolicy).toMatchObject({ roundId, parentId: project.policyId, attempt: 1 });
  expect(await readdir(join(dataDir, after.currentPolicy?.folder ?? ''))).toContain('model.safetensors');
  const tasks = await prisma().task.findMany({
    where: { roundId },
    include: { completions: true, slots: true },
  });
  expect(tasks).toHaveLength(8);
  for (const task of tasks) {
    expect(task.completions).toHaveLength(4);
    // Before the tasks that the round learned from.
    expect(task).toMatchObject({ priority: 1, slots: [{ priority: 1, state: 'free' }] });
  }
  expect(await readdir(join(dataDir, 'checkpoints/unfinished'))).toEqual([]);
});

test('a cancelled round has stopped within 2 s and the policy in use stays', async () => {
  const project = await makeTinyProject(prisma(), dataDir);
  const config = withPpo({ iterations: 5000 });
  const { id: roundId } = await begin(project, config);
  await start();
  await eventually(async () => (await prisma().metric.count({ where: { roundId, stage: 'ppo' } })) > 0, {
    timeoutMs: 120_000,
  });
  const asked = performance.now();
  await cancelRound({
    prisma: prisma(),
    projectId: project.projectId,
    roundId,
    actor: { userId: project.researcherId },
  });
  const round = await ended(roundId);
  expect(performance.now() - asked).toBeLessThan(limitMs(2000));
  expect(round.state).toBe('cancelled');
  const after = await prisma().project.findUniqueOrThrow({ where: { id: project.projectId } });
  expect(after.currentPolicyId).toBe(project.policyId);
});

test('numbers that are no numbers end a round as diverged, and the old policy stays', async () => {
  const project = await makeTinyProject(prisma(), dataDir, { isBroken: true });
  const { id: roundId } = await begin(project);
  await start();
  const round = await ended(roundId);
  expect(round.state).toBe('diverged');
  expect(round.reason).toContain('not a number');
  const after = await prisma().project.findUniqueOrThrow({ where: { id: project.projectId } });
  expect(after.currentPolicyId).toBe(project.policyId);
});

test('a round whose job was lost with the whole queue still runs', async () => {
  const project = await makeTinyProject(prisma(), dataDir);
  const { id: roundId } = await begin(project);
  await database.db.pool.query(`DELETE FROM "${namespace}".job`);
  await start();
  await eventually(
    async () => (await prisma().round.findUniqueOrThrow({ where: { id: roundId } })).state === 'running',
  );
  await database.db.pool.query(`DELETE FROM "${namespace}".job`);
  expect((await ended(roundId)).state).toBe('succeeded');
});

test.each([
  { what: 'keeps what was trained', isDamaged: false, trained: 1 },
  { what: 'trains again what is no longer whole on the disk', isDamaged: true, trained: 2 },
])('a retried round $what', async ({ isDamaged, trained }) => {
  const project = await makeTinyProject(prisma(), dataDir);
  // More tokens than the model reads: found out only once the reward model is there.
  const { id: roundId } = await begin(project, withPpo({ maxNewTokens: 2000 }));
  await start();
  const failed = await ended(roundId);
  expect(failed.state).toBe('failed');
  expect(failed.reason).toContain('2000 tokens');

  const [reward] = await prisma().checkpoint.findMany({ where: { roundId, kind: 'reward' } });
  if (isDamaged) await truncate(join(dataDir, reward?.folder ?? '', 'model.safetensors'), 100);
  await prisma().round.update({ where: { id: roundId }, data: { config: tinyConfig } });
  await retryRound({ prisma: prisma(), projectId: project.projectId, roundId, actor: { userId: null } });
  expect(await ended(roundId)).toMatchObject({ state: 'succeeded', attempt: 2 });
  expect(await prisma().checkpoint.count({ where: { roundId, kind: 'reward' } })).toBe(trained);
});

test('what was made of a checkpoint that is no longer whole is trained again with it', async () => {
  const project = await makeTinyProject(prisma(), dataDir);
  const stagesWith = (ppo: RoundConfig): RoundConfig => ({
    ...ppo,
    stages: [
      ...RoundConfig.parse({ stages: [{ recipe: 'dpo', config: { batchPairs: 32 } }] }).stages,
      ...ppo.stages.map((stage) =>
        stage.recipe === 'reward' ? { ...stage, from: 'dpo' } : { ...stage, policy: 'dpo' },
      ),
    ],
  });
  const { id: roundId } = await begin(project, stagesWith(withPpo({ maxNewTokens: 2000 })));
  await start();
  expect((await ended(roundId)).state).toBe('failed');
  const [first] = await prisma().checkpoint.findMany({ where: { roundId, stage: 'dpo' } });
  await truncate(join(dataDir, first?.folder ?? '', 'model.safetensors'), 100);
  await prisma().round.update({ where: { id: roundId }, data: { config: stagesWith(tinyConfig) } });
  await retryRound({ prisma: prisma(), projectId: project.projectId, roundId, actor: { userId: null } });
  expect(await ended(roundId)).toMatchObject({ state: 'succeeded', attempt: 2 });
  const made = await prisma().checkpoint.findMany({ where: { roundId }, orderBy: { createdAt: 'asc' } });
  expect(made.map(({ stage, attempt }) => [stage, attempt])).toEqual([
    ['dpo', 1],
    ['reward', 1],
    ['dpo', 2],
    ['reward', 2],
    ['ppo', 2],
  ]);
});
