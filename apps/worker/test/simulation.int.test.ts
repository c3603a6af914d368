import { randomBytes, randomUUID } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { SimulationEventData } from '@rankloop/contracts';
import { emitLiveEvent } from '@rankloop/core';
import { enqueueSimulateLabelers, openQueues, prepareQueues } from '@rankloop/jobs';
import {
  createProject,
  createTask,
  createTestDatabase,
  eventually,
  type TestDatabase,
} from '@rankloop/testkit';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorker, type Worker } from '../src/worker.ts';
import { freshDataDir } from './tiny-project.ts';

const namespace = `simulation_${randomBytes(5).toString('hex')}`;
let database: TestDatabase;
let dataDir: string;
let api: ChildProcess;
let worker: Worker;

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await freshDataDir();
  const backend = { kind: 'postgres', url: database.url } as const;
  await prepareQueues(backend, namespace);
  const apiOrigin = `http://127.0.0.1:${await freePort()}`;
  api = await startApi(apiOrigin);
  worker = await startWorker({
    db: database.db,
    queues: openQueues({ backend, namespace }),
    dataDir,
    logger: pino({ level: 'silent' }),
    isDemo: true,
    apiOrigin,
  });
}, 300_000);
afterAll(async () => {
  await worker.stop();
  api.kill('SIGKILL');
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
});

test('synthetic labelers judge open tasks over HTTP as members of their own kind, and say how far they are', async () => {
  const projectId = await makeProject({ isDemo: true, tasks: 4 });
  const run = await simulate(projectId, 8);
  expect(await lastState(run)).toMatchObject({ state: 'done', done: 8, total: 8 });
  const judgements = await prisma().judgement.findMany({ where: { projectId }, include: { labeler: true } });
  expect(judgements).toHaveLength(8);
  expect(new Set(judgements.map(({ source }) => source))).toEqual(new Set(['synthetic']));
  expect(new Set(judgements.map(({ labeler }) => labeler.kind))).toEqual(new Set(['synthetic']));
  // What they signed in with is worth nothing afterwards.
  expect(await prisma().apiToken.count({ where: { user: { kind: 'synthetic' } } })).toBe(0);
});

test('they stop where nothing is left to judge', async () => {
  const projectId = await makeProject({ isDemo: true, tasks: 1 });
  expect(await lastState(await simulate(projectId, 50))).toMatchObject({ state: 'done', done: 2 });
});

test('a cancelled run stops before its end', async () => {
  const projectId = await makeProject({ isDemo: true, tasks: 150 });
  const run = await simulate(projectId, 300);
  await eventually(async () => (await prisma().judgement.count({ where: { projectId } })) > 0, {
    timeoutMs: 120_000,
  });
  const data: SimulationEventData = { runId: run.runId, done: 0, total: 300, state: 'cancelled' };
  await emitLiveEvent(database.db, { topic: 'simulation', projectId, data });
  await eventually(
    async () => (await prisma().apiToken.count({ where: { user: { kind: 'synthetic' } } })) === 0,
  );
  expect(await prisma().judgement.count({ where: { projectId } })).toBeLessThan(300);
});

test('outside the demo project nobody is simulated', async () => {
  const projectId = await makeProject({ isDemo: false, tasks: 1 });
  expect(await lastState(await simulate(projectId, 2))).toMatchObject({ state: 'failed', done: 0 });
  expect(await prisma().judgement.count({ where: { projectId } })).toBe(0);
});

const prisma = () => database.db.prisma;

async function makeProject({ isDemo, tasks }: { isDemo: boolean; tasks: number }): Promise<string> {
  const { project, form } = await createProject(prisma(), { isDemo, overlap: 2 });
  const outputs = ['I love it.', 'It works.', 'It will do.', 'I hate it.'];
  for (let i = 0; i < tasks; i++) {
    await createTask(prisma(), { projectId: project.id, formVersionId: form.id, outputs, need: 2 });
  }
  return project.id;
}

async function simulate(projectId: string, judgements: number) {
  const run = { runId: randomUUID(), projectId, judgements, requestedById: randomUUID() };
  const queues = openQueues({ backend: { kind: 'postgres', url: database.url }, namespace });
  await enqueueSimulateLabelers(queues, run);
  await queues.close();
  return run;
}

async function lastState({
  projectId,
  runId,
}: {
  projectId: string;
  runId: string;
}): Promise<SimulationEventData> {
  return eventually(
    async () => {
      const last = await prisma().liveEvent.findFirst({
        where: { projectId, topic: 'simulation' },
        orderBy: { id: 'desc' },
      });
      const data = SimulationEventData.safeParse(last?.data).data;
      return data?.runId === runId && data.state !== 'running' ? data : null;
    },
    { timeoutMs: 170_000 },
  );
}

/** The real API as its own program. */
async function startApi(publicUrl: string): Promise<ChildProcess> {
  const main = fileURLToPath(new URL('../../api/src/main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', main], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: database.url,
      PUBLIC_URL: publicUrl,
      PORT: new URL(publicUrl).port,
      RANKLOOP_DATA_DIR: dataDir,
      RANKLOOP_DEMO: '1',
      LOG_LEVEL: 'warn',
    },
    stdio: 'inherit',
  });
  await eventually(async () => (await fetch(new URL('/api/health/live', publicUrl))).ok, {
    timeoutMs: 170_000,
  });
  return child;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
