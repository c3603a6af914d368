import type { SimulationEventData } from '@rankloop/contracts';
import { createMember, createProject, createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emitLiveEvent } from '../live/emit-live-event.ts';
import { findSimulationProgress, reconcileSimulations } from './simulation-runs.ts';
import { requestSimulation, requestSimulationCancel } from './simulation.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

async function begin() {
  const { db } = database;
  const { project } = await createProject(db.prisma, { isDemo: true });
  const projectId = project.id;
  const { id: userId } = await createMember(db.prisma, projectId, 'researcher');
  const asked = { db, actor: { userId }, projectId };
  const { runId } = await requestSimulation({ ...asked, judgements: 30 });
  const job = { runId, projectId, judgements: 30, requestedById: userId };
  return { asked, job };
}

/** Lets time pass since everything that was told of a project. */
const age = (projectId: string, by: string) =>
  database.db.pool.query(`UPDATE live_event SET at = at - $2::interval WHERE "projectId" = $1`, [
    projectId,
    by,
  ]);
const dueRuns = async (projectId: string) =>
  (await reconcileSimulations(database.db)).filter((job) => job.projectId === projectId);
const lastEvent = async (projectId: string) =>
  (await database.db.prisma.liveEvent.findFirst({ where: { projectId }, orderBy: { id: 'desc' } }))?.data;

test('a silent run is due again as it was asked for; one that still tells of itself is not', async () => {
  const { job } = await begin();
  expect(await dueRuns(job.projectId)).toEqual([]);
  await age(job.projectId, '15 seconds');
  expect(await dueRuns(job.projectId)).toEqual([job]);
  const data: SimulationEventData = { runId: job.runId, done: 3, total: 30, state: 'running' };
  await emitLiveEvent(database.db, { topic: 'simulation', projectId: job.projectId, data });
  expect(await dueRuns(job.projectId)).toEqual([]);
});

test('a silent run that was cancelled does not go on', async () => {
  const { asked, job } = await begin();
  await age(job.projectId, '5 minutes');
  await requestSimulationCancel(asked);
  expect(await dueRuns(job.projectId)).toEqual([]);
  expect(await findSimulationProgress(database.db.pool, job)).toEqual({ isEnded: true, done: 0 });
});

test('a run that nobody took up for an hour ends and says why', async () => {
  const { job } = await begin();
  await age(job.projectId, '61 minutes');
  expect(await dueRuns(job.projectId)).toEqual([]);
  expect(await lastEvent(job.projectId)).toMatchObject({ runId: job.runId, state: 'failed' });
  expect(await lastEvent(job.projectId)).toHaveProperty('message', expect.stringContaining('Simulate again'));
});

test('a new run ends the silent one before it, so that never two are at work', async () => {
  const { asked, job } = await begin();
  await expect(requestSimulation({ ...asked, judgements: 5 })).rejects.toMatchObject({ code: 'conflict' });
  await age(job.projectId, '1 minute');
  const next = await requestSimulation({ ...asked, judgements: 5 });
  expect(await findSimulationProgress(database.db.pool, job)).toMatchObject({ isEnded: true });
  await age(job.projectId, '1 minute');
  expect((await dueRuns(job.projectId)).map(({ runId }) => runId)).toEqual([next.runId]);
});
