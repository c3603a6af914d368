import { randomBytes, randomUUID } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { SimulationEventData, type SimulateLabelersJob } from '@rankloop/contracts';
import { emitLiveEvent, requestSimulation } from '@rankloop/core';
import { enqueueSimulateLabelers, openQueues, prepareQueues } from '@rankloop/jobs';
import {
  createProject,
  createTask,
  createTestDatabase,
  createUser,
  eventually,
  freePort,
  programFile,
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
let apiOrigin: string;
let worker: Worker;

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await freshDataDir();
  const backend = { kind: 'postgres', url: database.url } as const;
  await prepareQueues(backend, namespace);
  apiOrigin = `http://127.0.0.1:${await freePort()}`;
  api = await startApi(apiOrigin);
  worker = await upWorker();
}, 300_000);

const upWorker = () =>
  startWorker({
    db: database.db,
    queues: openQueues({ backend: { kind: 'postgres', url: database.url }, namespace }),
    dataDir,
    logger: pino({ level: 'silent' }),
    isDemo: true,
    apiOrigin,
  });
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
  const judgements = await prisma().judgement.findMany({
    where: { projectId },
    include: { lease: { select: { labeler: true } } },
  });
  expect(judgements).toHaveLength(8);
  expect(new Set(judgements.map(({ source }) => source))).toEqual(new Set(['synthetic']));
  expect(new Set(judgements.map(({ lease }) => lease.labeler.kind))).toEqual(new Set(['synthetic']));
  // What they signed in with is worth nothing afterwards.
  expect(await prisma().apiToken.count({ where: { user: { kind: 'synthetic' } } })).toBe(0);
});

test('they stop where no task wants more judgements, and say that this is why they gave fewer', async () => {
  const projectId = await makeProject({ isDemo: true, tasks: 1 });
  expect(await lastState(await simulate(projectId, 50))).toMatchObject({
    state: 'done',
    done: 2,
    message: expect.stringMatching(/^50 were asked for; no open task wants more/) as unknown,
  });
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

test('a run whose worker goes away goes on with the next one, and judges no more than was asked', async () => {
  const projectId = await makeProject({ isDemo: true, tasks: 40 });
  const run = await announce(projectId, 60);
  await enqueue({ ...run, requestedById: randomUUID() });
  await eventually(async () => (await prisma().judgement.count({ where: { projectId } })) > 0, {
    timeoutMs: 120_000,
  });
  await worker.stop();
  const before = await prisma().judgement.count({ where: { projectId } });
  expect(before).toBeLessThan(60);
  await ageEvents(projectId);
  worker = await upWorker();
  expect(await lastState(run)).toMatchObject({ state: 'done', done: 60, total: 60 });
  expect(await prisma().judgement.count({ where: { projectId } })).toBe(60);
});

test('a run whose job the queue has lost is done all the same', async () => {
  const projectId = await makeProject({ isDemo: true, tasks: 3 });
  const run = await announce(projectId, 5);
  await ageEvents(projectId);
  expect(await lastState(run)).toMatchObject({ state: 'done', done: 5, total: 5 });
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

/** As the API does when somebody asks for a run; the job is not in the queue yet. */
async function announce(projectId: string, judgements: number) {
  const { id: userId } = await createUser(prisma());
  const { runId } = await requestSimulation({
    db: database.db,
    actor: { userId },
    projectId,
    judgements,
  });
  return { runId, projectId, judgements };
}

/** Instead of waiting until a silence is long. */
const ageEvents = (projectId: string) =>
  database.db.pool.query(
    `UPDATE live_event SET at = at - interval '1 minute' WHERE topic = 'simulation' AND "projectId" = $1`,
    [projectId],
  );

async function simulate(projectId: string, judgements: number) {
  const run = { runId: randomUUID(), projectId, judgements, requestedById: randomUUID() };
  await enqueue(run);
  return run;
}

async function enqueue(run: SimulateLabelersJob): Promise<void> {
  const queues = openQueues({ backend: { kind: 'postgres', url: database.url }, namespace });
  await enqueueSimulateLabelers(queues, run);
  await queues.close();
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
  const child = spawn(process.execPath, [programFile('api')], {
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
