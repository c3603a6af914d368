import { AutoRoundSettings } from '@rankloop/contracts';
import { createCheckpoint, createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judgeNewTask, makeProject } from '../../test/judged-project.ts';
import { updateAutoRounds } from '../auto-rounds/index.ts';
import { promoteCheckpoint } from '../checkpoints/index.ts';
import { claimRound, decidePromotion, finishStage, getRound, startRound, succeedRound } from './index.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

const interval = (value: number) => ({ value, low: value - 0.1, high: value + 0.1, n: 40, judge: 'gold' });
const sampling = { maxNewTokens: 8, temperature: 1, topK: 0, topP: 1 };

/** A round whose stages have reported these win rates, at its end. */
async function endWith(
  next: number,
  before: number,
  settings: Partial<AutoRoundSettings> = { gateByHand: true },
  /** Done while the round draws its outputs. */
  meanwhile: (project: { projectId: string }) => Promise<void> = () => Promise.resolve(),
) {
  const { prisma } = database.db;
  const project = await makeProject(prisma);
  const { projectId } = project;
  for (let i = 0; i < 2; i++) await judgeNewTask(prisma, project);
  const actor = { userId: project.researcherId };
  await updateAutoRounds({ prisma, projectId, actor, settings: AutoRoundSettings.parse(settings) });
  const { id: roundId, attempt } = await startRound({ prisma, projectId, actor });
  const fence = { roundId, attempt };
  await claimRound(prisma, fence, 'worker');
  const report = { winRate: interval(next), previousWinRate: interval(before) };
  await finishStage(prisma, fence, 'sample', report);
  const policy = await createCheckpoint(prisma, { projectId });
  const promotion = await decidePromotion(
    prisma,
    await prisma.round.findUniqueOrThrow({ where: { id: roundId } }),
  );
  const [made] = await prisma.prompt.findMany({ where: { projectId }, take: 1 });
  await meanwhile(project);
  const output = {
    text: 'New.',
    tokenIds: [1],
    logProbs: [-1],
    finishReason: 'eos',
    seed: 1,
    drawnBy: policy,
  };
  await succeedRound({
    prisma,
    fence,
    policy,
    promotion,
    outputs: promotion.promote ? [{ ...output, promptId: made?.id ?? '' }] : [],
    sampling,
    report: {},
  });
  const { currentPolicyId } = await prisma.project.findUniqueOrThrow({ where: { id: projectId } });
  const tasks = await prisma.task.count({ where: { roundId } });
  const round = await getRound({ prisma, projectId, roundId });
  return { projectId, actor, policy, before: project.policyId, currentPolicyId, tasks, round };
}

test('a policy that the gate holds back is not used and draws no tasks; the round says why, and a person may use it', async () => {
  const held = await endWith(0.5, 0.6);
  expect(held).toMatchObject({ currentPolicyId: held.before, tasks: 0 });
  expect(held.round.state).toBe('succeeded');
  expect(held.round.report.promotion?.promoted).toBe(false);
  expect(held.round.report.promotion?.reasons.join()).toContain('60.0 %');
  expect(held.round.log.at(-1)?.message).toMatch(/^Not promoted\. The win rate /);
  const { prisma } = database.db;
  const { projectId, actor, policy } = held;
  await promoteCheckpoint({ prisma, projectId, actor, checkpointId: policy.id });
  const project = await prisma.project.findUniqueOrThrow({ where: { id: projectId } });
  expect(project.currentPolicyId).toBe(policy.id);
});

test('a policy within the margin is used at once', async () => {
  const passed = await endWith(0.56, 0.6);
  expect(passed).toMatchObject({ currentPolicyId: passed.policy.id, tasks: 1 });
  expect(passed.round.report.promotion).toEqual({ promoted: true, reasons: [] });
});

test('a round that a person starts has a gate only where the project says so', async () => {
  const free = await endWith(0.1, 0.9, {});
  expect(free.currentPolicyId).toBe(free.policy.id);
});

test('a policy that was put in use while the round ran stays', async () => {
  const { prisma } = database.db;
  let chosenId = '';
  const late = await endWith(0.9, 0.6, { gateByHand: true }, async ({ projectId }) => {
    const chosen = await createCheckpoint(prisma, { projectId });
    chosenId = chosen.id;
    await promoteCheckpoint({ prisma, projectId, actor: { userId: null }, checkpointId: chosen.id });
  });
  expect(late).toMatchObject({ currentPolicyId: chosenId, tasks: 0 });
  expect(late.round.report.promotion?.reasons.join()).toContain('is not the one that this round began from');
});
