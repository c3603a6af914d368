import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judgeNewTask, makeProject } from '../../test/judged-project.ts';
import {
  beginStage,
  claimRound,
  endRound,
  findProgress,
  finishStage,
  getRoundMetrics,
  recordSamples,
  recordSteps,
  rewindStage,
  releaseRound,
  startRound,
  storeProgress,
  sweepProgress,
  unfinishedProgress,
  type SampleReport,
} from './index.ts';

let database: TestDatabase;
let dataDir: string;
beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'rankloop-progress-'));
});
afterAll(async () => {
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
});
const prisma = () => database.db.prisma;

/** A round that a worker has taken up. */
async function running() {
  const project = await makeProject(prisma());
  for (let i = 0; i < 3; i++) await judgeNewTask(prisma(), project);
  const { projectId } = project;
  const { id: roundId } = await startRound({ prisma: prisma(), projectId, actor: { userId: null } });
  const fence = { roundId, attempt: 1 };
  await claimRound(prisma(), fence, 'worker-1');
  return { projectId, fence };
}

const step = (number: number, loss: number) => ({ step: number, totalSteps: 4, values: { loss } });

test.each([
  {
    what: 'goes on after step 2',
    from: 2,
    steps: [1, 2, 3, 4],
    losses: [0.1, 0.2, 0.33, 0.44],
    shown: [0, 2],
  },
  { what: 'begins anew', from: 0, steps: [3, 4], losses: [0.33, 0.44], shown: [] },
])('a stage that $what has every later step once, as it was made last', async ({ from, ...expected }) => {
  const { projectId, fence } = await running();
  const prompt = await prisma().prompt.findFirstOrThrow({ where: { projectId } });
  const sample = (number: number): SampleReport => {
    return { policy: 'now', step: number, promptId: prompt.id, text: 'x', tokens: 1, score: 1, kl: 0 };
  };
  await beginStage(prisma(), fence, 'ppo', { drawsSamples: true });
  await recordSteps(prisma(), fence, 'ppo', [step(1, 0.1), step(2, 0.2), step(3, 0.3)]);
  await recordSamples(prisma(), fence, [sample(0), sample(2), sample(3)]);
  await releaseRound(prisma(), fence);
  const next = { roundId: fence.roundId, attempt: 2 };
  await claimRound(prisma(), next, 'worker-2');

  await beginStage(prisma(), next, 'ppo', { drawsSamples: true, mayGoOn: true });
  await rewindStage(prisma(), next, { name: 'ppo', step: from, drawsSamples: true });
  await recordSteps(prisma(), next, 'ppo', [step(3, 0.33), step(4, 0.44)]);

  const { series } = await getRoundMetrics({
    prisma: prisma(),
    projectId,
    roundId: fence.roundId,
    points: 100,
  });
  expect(series).toEqual([{ stage: 'ppo', name: 'loss', steps: expected.steps, values: expected.losses }]);
  const shown = await prisma().roundSample.findMany({
    where: { roundId: fence.roundId },
    orderBy: { step: 'asc' },
  });
  expect(shown.map((row) => row.step)).toEqual(expected.shown);
});

test('a sweep takes what ended rounds have left on their way, and nothing of those that go on', async () => {
  const [lasting, ended] = [await running(), await running()];
  const save = async (roundId: string) => {
    const folder = join(unfinishedProgress(dataDir), randomUUID());
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'state.json'), '{}');
    const of = { dataDir, roundId, stage: 'ppo' };
    await storeProgress(of, folder, 1);
    return of;
  };
  const [kept, left] = [await save(lasting.fence.roundId), await save(ended.fence.roundId)];
  await mkdir(join(unfinishedProgress(dataDir), randomUUID()));
  await endRound(prisma(), ended.fence, { state: 'failed', reason: 'The disk is full.' });
  // Soon after its end somebody may retry it.
  expect(await sweepProgress(prisma(), dataDir)).toBe(0);
  expect(await sweepProgress(prisma(), dataDir, 0)).toBe(2);
  expect((await findProgress(kept)).folder).not.toBeNull();
  expect((await findProgress(left)).folder).toBeNull();
});

test('a stage that an earlier attempt had done keeps the time it took', async () => {
  const { fence } = await running();
  await beginStage(prisma(), fence, 'reward');
  await finishStage(prisma(), fence, 'reward');
  const ended = new Date('2026-01-02T03:04:05.678Z');
  const where = { roundId: fence.roundId, name: 'reward' };
  await prisma().stage.updateMany({ where, data: { endedAt: ended } });
  await finishStage(prisma(), fence, 'reward');
  expect(await prisma().stage.findFirstOrThrow({ where })).toMatchObject({ state: 'done', endedAt: ended });
  await beginStage(prisma(), fence, 'reward');
  await finishStage(prisma(), fence, 'reward');
  expect((await prisma().stage.findFirstOrThrow({ where })).endedAt).not.toEqual(ended);
});
