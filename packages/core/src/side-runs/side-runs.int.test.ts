import { PlaygroundBody } from '@rankloop/contracts';
import type { SideRun } from '@rankloop/db';
import {
  createCheckpoint,
  createMember,
  createProject,
  createTestDatabase,
  type TestDatabase,
} from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judgeNewTask, makeProject } from '../../test/judged-project.ts';
import { cancelCurve, getBudget, startCurve } from '../budget/index.ts';
import { excludeLabeler } from '../lineage/exclude-labeler.ts';
import { cancelPlaygroundRun, getPlaygroundRun, startPlaygroundRun } from '../playground/index.ts';
import { createSnapshot } from '../snapshots/create-snapshot.ts';
import { claimSideRun } from './claim-side-run.ts';
import {
  beatSideRun,
  endSideRun,
  keepSideRunResult,
  releaseSideRun,
  SideRunLostError,
} from './held-side-run.ts';
import { reconcileSideRuns, sweepSideRuns } from './reconcile-side-runs.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
const prisma = () => database.db.prisma;

async function playground() {
  const { project } = await createProject(prisma());
  const projectId = project.id;
  const { id: userId } = await createMember(prisma(), projectId, 'researcher');
  const policy = await createCheckpoint(prisma(), { projectId, current: true });
  const reward = await createCheckpoint(prisma(), { projectId, kind: 'reward' });
  const ask = (more: Partial<PlaygroundBody> = {}, who = userId) =>
    startPlaygroundRun({
      prisma: prisma(),
      projectId,
      userId: who,
      request: PlaygroundBody.parse({
        conversation: [{ role: 'user', content: 'Hello' }],
        checkpointIds: [policy.id],
        ...more,
      }),
    });
  const cancel = (sideRunId: string) =>
    cancelPlaygroundRun({ prisma: prisma(), projectId, sideRunId, actor: { userId } });
  return { projectId, userId, policy, reward, ask, cancel };
}
const claim = (run: SideRun, workerId = 'one') => claimSideRun(prisma(), { runId: run.id, workerId });
const hold = (run: SideRun, workerId = 'one') => ({ runId: run.id, workerId });
const age = (run: SideRun) =>
  database.db.pool.query(`UPDATE side_run SET "heartbeatAt" = now() - interval '1 minute' WHERE id = $1`, [
    run.id,
  ]);
const stateOf = async ({ id }: SideRun) =>
  (await prisma().sideRun.findUniqueOrThrow({ where: { id } })).state;

test('a person has one request at a time, however many are sent at once', async () => {
  const { ask, cancel } = await playground();
  const asked = await Promise.allSettled([ask(), ask(), ask()]);
  const [first, ...more] = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  expect(more).toEqual([]);
  await expect(ask()).rejects.toMatchObject({ code: 'conflict' });
  await cancel(first?.id ?? '');
  await cancel((await ask()).id);
});

test('who comes when too many wait is told to come later', async () => {
  const { projectId, ask } = await playground();
  const waiting = Array.from({ length: 8 }, () => ({ projectId, kind: 'playground' as const, request: {} }));
  await prisma().sideRun.createMany({ data: waiting });
  await expect(ask()).rejects.toMatchObject({ code: 'slow_down' });
  await prisma().sideRun.deleteMany({ where: { projectId } });
});

test("only the project's own policies and reward models are asked", async () => {
  const { ask, policy, reward } = await playground();
  const foreign = await playground();
  await expect(ask({ checkpointIds: [foreign.policy.id] })).rejects.toMatchObject({ code: 'not_found' });
  await expect(ask({ checkpointIds: [reward.id] })).rejects.toMatchObject({ code: 'not_found' });
  await expect(ask({ rewardCheckpointId: policy.id })).rejects.toMatchObject({ code: 'not_found' });
  await expect(ask({ rewardCheckpointId: foreign.reward.id })).rejects.toMatchObject({ code: 'not_found' });
});

test('one worker takes a run, and only its writes count', async () => {
  const { ask } = await playground();
  const run = await ask();
  const taken = await Promise.all([claim(run), claim(run, 'other')]);
  const winner = taken[0] ? 'one' : 'other';
  expect(taken.filter((row) => row !== null)).toHaveLength(1);
  const loser = hold(run, winner === 'one' ? 'other' : 'one');
  const kept = { result: { outputs: [] }, done: 0, total: 1 };
  await keepSideRunResult(prisma(), hold(run, winner), kept);
  await expect(keepSideRunResult(prisma(), loser, kept)).rejects.toThrow(SideRunLostError);
  expect(await beatSideRun(prisma(), loser)).toBe(false);
  await endSideRun(prisma(), hold(run, winner), { state: 'succeeded' });
  expect(await stateOf(run)).toBe('succeeded');
});

test('a run that is stopped takes no more of its worker, and what was drawn stays', async () => {
  const { projectId, ask, cancel } = await playground();
  const run = await ask();
  await claim(run);
  const output = {
    checkpointId: run.id,
    text: 'He',
    tokens: 2,
    finished: null,
    isPromptCut: false,
    score: null,
    seconds: null,
  };
  await keepSideRunResult(prisma(), hold(run), { result: { outputs: [output] }, done: 0, total: 1 });
  expect(await cancel(run.id)).toMatchObject({ state: 'cancelled' });
  expect(await beatSideRun(prisma(), hold(run))).toBe(false);
  await expect(endSideRun(prisma(), hold(run), { state: 'succeeded' })).rejects.toThrow(SideRunLostError);
  const view = await getPlaygroundRun({ prisma: prisma(), projectId, sideRunId: run.id });
  expect(view).toMatchObject({ state: 'cancelled', outputs: [{ text: 'He' }] });
});

test('a run whose worker fell silent ends with a reason; one that waits is due', async () => {
  const [lost, waiting, alive] = [await playground(), await playground(), await playground()];
  const [lostRun, waitingRun, aliveRun] = [await lost.ask(), await waiting.ask(), await alive.ask()];
  await claim(lostRun);
  await claim(aliveRun);
  await age(lostRun);
  const due = await reconcileSideRuns(prisma());
  expect(due).toContainEqual({ runId: waitingRun.id, kind: 'playground' });
  expect(due.map(({ runId }) => runId)).not.toContain(lostRun.id);
  expect([await stateOf(lostRun), await stateOf(aliveRun)]).toEqual(['failed', 'running']);
  await waiting.cancel(waitingRun.id);
  await alive.cancel(aliveRun.id);
});

test('a run that its worker lets go of waits for the next one', async () => {
  const { ask, cancel } = await playground();
  const run = await ask();
  await claim(run);
  await releaseSideRun(prisma(), hold(run));
  expect(await claim(run, 'other')).toMatchObject({ state: 'running', workerId: 'other' });
  await cancel(run.id);
});

test('what the person asked is heard by that person alone, and is not kept for ever', async () => {
  const { projectId, userId, ask, cancel } = await playground();
  const run = await ask();
  await cancel(run.id);
  const events = await prisma().liveEvent.findMany({ where: { projectId, topic: 'side-run' } });
  expect(new Set(events.map((event) => event.userId))).toEqual(new Set([userId]));
  expect(JSON.stringify(events.map(({ data }) => data))).not.toContain('Hello');
  await prisma().sideRun.update({
    where: { id: run.id },
    data: { createdAt: new Date(Date.now() - 2 * 86_400_000) },
  });
  await sweepSideRuns(prisma());
  expect(await prisma().sideRun.count({ where: { id: run.id } })).toBe(0);
});

test('a learning curve says what is missing, is measured once at a time, and on frozen judgements', async () => {
  const project = await makeProject(prisma());
  const { projectId, researcherId: userId } = project;
  const start = () => startCurve({ prisma: prisma(), projectId, actor: { userId } });
  await expect(start()).rejects.toMatchObject({ code: 'round_not_ready' });
  const view = () => getBudget({ prisma: prisma(), projectId, labels: 100 });
  expect(await view()).toMatchObject({
    curve: null,
    blockers: ['There are 0 judgements with an answer, of 0 prompts. A learning curve needs 40 of 20.'],
    advice: { choice: 'unknown' },
  });
  for (let i = 0; i < 40; i++) await judgeNewTask(prisma(), project);
  const [one, two] = await Promise.allSettled([start(), start()]);
  expect([one.status, two.status].sort()).toEqual(['fulfilled', 'rejected']);
  const { curve, judgements, prompts } = await view();
  expect({ judgements, prompts }).toEqual({ judgements: 40, prompts: 40 });
  expect(curve).toMatchObject({ state: 'queued', judgements: 40 });
  expect(await prisma().snapshot.count({ where: { projectId } })).toBe(1);
  await cancelCurve({ prisma: prisma(), projectId, sideRunId: curve?.id ?? '', actor: { userId } });
  expect((await view()).curve).toMatchObject({ state: 'cancelled' });
  const audit = await prisma().auditEvent.findMany({ where: { projectId }, orderBy: { id: 'asc' } });
  expect(audit.map(({ action }) => action)).toEqual(['snapshot.created', 'curve.started', 'curve.cancelled']);
});

test('the budget counts as many judgements as a round would freeze, and says how many can be learned from', async () => {
  const project = await makeProject(prisma());
  const { projectId, researcherId: userId } = project;
  const { id: excludedId } = await createMember(prisma(), projectId, 'labeler');
  for (const outcome of ['ok', 'ok', 'skipped', 'unrankable'] as const)
    await judgeNewTask(prisma(), project, { outcome });
  await judgeNewTask(prisma(), project, { labelerId: excludedId });
  await judgeNewTask(prisma(), project, { source: 'synthetic' });
  await excludeLabeler({ prisma: prisma(), projectId, userId: excludedId, actor: { userId }, reason: '' });
  const { judgements, useful, prompts } = await getBudget({ prisma: prisma(), projectId, labels: 100 });
  expect({ judgements, useful, prompts }).toEqual({ judgements: 4, useful: 2, prompts: 2 });
  const { judgementCount } = await createSnapshot({ prisma: prisma(), projectId, actor: { userId } });
  expect(judgements).toBe(judgementCount);
});
