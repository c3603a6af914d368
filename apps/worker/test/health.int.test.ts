import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDb } from '@rankloop/db';
import { enqueueRunRound } from '@rankloop/jobs';
import { createCheckpoint, createProject, eventually, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkWorker } from '../src/health/check-worker.ts';
import { listenForHealth } from '../src/health/listen-for-health.ts';
import { startRunningWorker, type RunningWorker } from './running-worker.ts';

let server: Server;
let running: RunningWorker;
let database: TestDatabase;
beforeAll(async () => {
  running = await startRunningWorker();
  ({ database } = running);
  server = await listenForHealth({
    registry: running.worker.metrics,
    check: () => running.worker.checkReadiness(),
    host: '127.0.0.1',
    port: 0,
  });
});
afterAll(async () => {
  server.close();
  await running.close();
});

const ask = (path: string) => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`); // it listens on a port
const scrape = async () => (await ask('/metrics')).text();

test('a scrape tells the depth of every queue, how jobs ended, and the engine', async () => {
  await enqueueRunRound(running.queues, { roundId: randomUUID(), attempt: 1 });
  const text = await eventually(async () => {
    const now = await scrape();
    return now.includes('rankloop_jobs_total{job="run-round",result="done"} 1') && now;
  });
  expect(text).toContain('rankloop_jobs_total{job="run-round",result="failed"} 0');
  for (const queue of ['run-round', 'simulate-labelers']) {
    expect(text).toMatch(new RegExp(`rankloop_queue_jobs\\{queue="${queue}",state="waiting"\\} \\d`));
    expect(text).toMatch(new RegExp(`rankloop_queue_jobs\\{queue="${queue}",state="active"\\} \\d`));
  }
  await eventually(async () => (await scrape()).includes('rankloop_engine_info{engine='), {
    timeoutMs: 120_000,
  });
});

test('a scrape tells the stage of the round that this worker runs, and how far it is', async () => {
  const { prisma } = database.db;
  const { project } = await createProject(prisma);
  const { id: baseCheckpointId } = await createCheckpoint(prisma, { projectId: project.id });
  await prisma.round.create({
    data: {
      projectId: project.id,
      number: 7,
      recipe: 'ppo',
      config: {},
      baseCheckpointId,
      state: 'running',
      workerId: running.worker.id,
      heartbeatAt: new Date(Date.now() + 3_600_000),
      stages: { create: { position: 2, name: 'ppo', state: 'running', step: 3, totalSteps: 40 } },
    },
  });
  const text = await scrape();
  const labels = `project="${project.slug}",round="7",stage="ppo"`;
  expect(text).toContain(`rankloop_round_stage_steps{${labels},steps="done"} 3`);
  expect(text).toContain(`rankloop_round_stage_steps{${labels},steps="all"} 40`);
  await prisma.round.updateMany({ data: { workerId: 'another' } });
  expect(await scrape()).not.toContain(labels);
});

test('a worker is ready while the database and the queue answer and its loops turn, and says what does not', async () => {
  const ready = await ask('/ready');
  expect(ready.status).toBe(200);
  expect(await ready.json()).toMatchObject({
    ready: true,
    checks: [{ name: 'database' }, { name: 'queue' }, { name: 'jobs' }],
  });
  expect((await ask('/live')).status).toBe(200);
  expect((await ask('/')).status).toBe(404);

  const closed = createDb({ url: database.url });
  await closed.close();
  const lost = await checkWorker({ db: closed, queues: running.queues, loops: [{ isRunning: () => false }] });
  expect(lost).toMatchObject({ ready: false, checks: [{ ok: false }, { ok: true }, { ok: false }] });
  expect(JSON.stringify(lost)).not.toContain('postgres');
});
