import type { StageReport } from '@rankloop/contracts';
import { createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judgeNewTask, makeProject } from '../../test/judged-project.ts';
import { beginStage, claimRound, type Fence, finishStage, getRound, startRound } from './index.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
const prisma = () => database.db.prisma;

const share = { value: 0.7, low: 0.6, high: 0.8, n: 40 };
const compared: StageReport = {
  winRate: { ...share, judge: 'reward model' },
  previousWinRate: { ...share, judge: 'reward model' },
};

/** A round whose models are trained and compared. */
async function comparedRound() {
  const project = await makeProject(prisma());
  for (let i = 0; i < 3; i++) await judgeNewTask(prisma(), project);
  const { projectId, researcherId } = project;
  const round = await startRound({ prisma: prisma(), projectId, actor: { userId: researcherId } });
  const fence: Fence = { roundId: round.id, attempt: round.attempt };
  await claimRound(prisma(), fence, 'worker-1');
  const reports = { snapshot: {}, reward: { rewardAccuracy: share }, ppo: {}, sample: compared };
  for (const [name, report] of Object.entries(reports)) {
    await beginStage(prisma(), fence, name);
    await finishStage(prisma(), fence, name, report);
  }
  const look = async () => {
    const { report, stages } = await getRound({ prisma: prisma(), projectId, roundId: round.id });
    return { report, comparison: stages.find(({ name }) => name === 'sample') };
  };
  return { fence, look };
}

test('the comparison of a policy that is trained again is forgotten, and what else is known stays', async () => {
  const { fence, look } = await comparedRound();
  expect((await look()).report).toMatchObject(compared);
  await beginStage(prisma(), fence, 'ppo');
  const { report, comparison } = await look();
  expect(report).not.toHaveProperty('winRate');
  expect(report).not.toHaveProperty('previousWinRate');
  expect(report.rewardAccuracy).toEqual(share);
  expect(comparison).toMatchObject({ state: 'waiting', step: 0, startedAt: null, endedAt: null });
});

test('new outputs are drawn of a policy without a new comparison', async () => {
  const { fence, look } = await comparedRound();
  for (const name of ['snapshot', 'queue']) await beginStage(prisma(), fence, name);
  const { report, comparison } = await look();
  expect(report).toMatchObject(compared);
  expect(comparison?.state).toBe('done');
});
