import { AutoRoundSettings, RoundConfig, type AutoRoundTrigger } from '@rankloop/contracts';
import { createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judgeNewTask, makeProject, type JudgedProject } from '../../test/judged-project.ts';
import { cancelRound, getRound, startRound } from '../rounds/index.ts';
import { createSnapshot } from '../snapshots/index.ts';
import { dueAutoRounds, getAutoRounds, startDueAutoRounds, updateAutoRounds } from './index.ts';
import { RETRY_MS } from './is-due.ts';
import { startAutoRound } from './start-due-auto-rounds.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
const prisma = () => database.db.prisma;

async function projectWith(trigger: AutoRoundTrigger, judgements: number, hasPolicy = true) {
  const project = await makeProject(prisma(), { hasPolicy });
  for (let i = 0; i < judgements; i++) await judgeNewTask(prisma(), project);
  await change(project, { trigger });
  return project;
}
const change = ({ projectId, researcherId }: JudgedProject, settings: Partial<AutoRoundSettings>) =>
  updateAutoRounds({
    prisma: prisma(),
    projectId,
    actor: { userId: researcherId },
    settings: AutoRoundSettings.parse(settings),
  });
const roundsOf = ({ projectId }: JudgedProject) =>
  prisma().round.findMany({ where: { projectId }, orderBy: { number: 'asc' } });
const later = (ms: number) => new Date(Date.now() + ms);

describe('rounds that start by themselves', () => {
  test('two reconcilers at once start one round, which says that nobody asked for it', async () => {
    const project = await projectWith({ when: 'judgements', count: 3 }, 3);
    const now = new Date();
    const started = await Promise.all(Array.from({ length: 4 }, () => startDueAutoRounds(prisma(), now)));
    const ours = started.flat().filter((round) => round.projectId === project.projectId);
    expect(ours).toHaveLength(1);
    expect(await roundsOf(project)).toEqual([
      expect.objectContaining({ state: 'queued', isAutomatic: true, createdById: null }),
    ]);
    // And none while it is at work.
    await startDueAutoRounds(prisma(), later(RETRY_MS + 1));
    expect(await roundsOf(project)).toHaveLength(1);
  });

  test('a reconciler that read the rows before another had started and finished starts nothing', async () => {
    const project = await projectWith({ when: 'judgements', count: 3 }, 3);
    const { projectId } = project;
    const read = await dueAutoRounds(prisma(), new Date());
    await startDueAutoRounds(prisma(), new Date());
    const [first] = await roundsOf(project);
    await cancelRound({ prisma: prisma(), projectId, roundId: first?.id ?? '', actor: { userId: null } });
    for (const due of read) expect(await startAutoRound(prisma(), due)).toBeNull();
    // What it learned from is not new any more, however it ended.
    await startDueAutoRounds(prisma(), later(RETRY_MS + 1));
    expect(await roundsOf(project)).toHaveLength(1);
  });

  test('the next one takes as many new judgements again', async () => {
    const project = await projectWith({ when: 'judgements', count: 2 }, 3);
    const { projectId } = project;
    await startDueAutoRounds(prisma(), new Date());
    const [first] = await roundsOf(project);
    await cancelRound({ prisma: prisma(), projectId, roundId: first?.id ?? '', actor: { userId: null } });
    await judgeNewTask(prisma(), project);
    expect(await getAutoRounds({ prisma: prisma(), projectId, now: new Date() })).toMatchObject({
      newJudgements: 1,
    });
    await startDueAutoRounds(prisma(), later(RETRY_MS + 1));
    expect(await roundsOf(project)).toHaveLength(1);
    await judgeNewTask(prisma(), project);
    await startDueAutoRounds(prisma(), later(RETRY_MS + 1));
    expect(await roundsOf(project)).toHaveLength(2);
  });

  test('what stands in the way is told, and not tried again at once', async () => {
    const project = await projectWith({ when: 'judgements', count: 1 }, 2, false);
    const { projectId } = project;
    const now = new Date();
    await startDueAutoRounds(prisma(), now);
    const state = await getAutoRounds({ prisma: prisma(), projectId, now });
    expect(state.note).toContain('no policy to improve yet');
    expect(await prisma().snapshot.count({ where: { projectId } })).toBe(0);
    const { triedAt } = await prisma().autoRounds.findUniqueOrThrow({ where: { projectId } });
    await startDueAutoRounds(prisma(), new Date(now.getTime() + RETRY_MS - 1));
    expect((await prisma().autoRounds.findUniqueOrThrow({ where: { projectId } })).triedAt).toEqual(triedAt);
  });

  test('take the stages of the round that they were told to be like, and the gate of the project', async () => {
    const project = await projectWith({ when: 'never' }, 3);
    const config = RoundConfig.parse({ seed: 7, stages: [{ recipe: 'dpo' }] });
    const { id: likeRoundId } = await prisma().round.create({
      data: {
        projectId: project.projectId,
        number: 1,
        recipe: 'dpo',
        state: 'failed',
        config,
        baseCheckpointId: project.policyId ?? '',
        endedAt: new Date(),
      },
    });
    await change(project, {
      trigger: { when: 'judgements', count: 3 },
      likeRoundId,
      gate: { accuracyMargin: 0.1, winRateMargin: 0.2 },
    });
    await startDueAutoRounds(prisma(), new Date());
    const [, round] = await roundsOf(project);
    expect(round).toMatchObject({ config, gate: { accuracyMargin: 0.1, winRateMargin: 0.2 } });
  });

  test('a rule whose policies nothing judges says so, and so does a round that it starts', async () => {
    const project = await projectWith({ when: 'never' }, 3);
    const { projectId } = project;
    const { id: likeRoundId } = await prisma().round.create({
      data: {
        projectId,
        number: 1,
        recipe: 'dpo',
        state: 'failed',
        config: RoundConfig.parse({ stages: [{ recipe: 'dpo' }] }),
        baseCheckpointId: project.policyId ?? '',
        endedAt: new Date(),
      },
    });
    const warning = async () =>
      (await getAutoRounds({ prisma: prisma(), projectId, now: new Date() })).warning;
    await change(project, { trigger: { when: 'judgements', count: 3 } });
    expect(await warning()).toBeNull();
    await change(project, { trigger: { when: 'judgements', count: 3 }, likeRoundId });
    expect(await warning()).toContain('no stage trains a reward model');
    await startDueAutoRounds(prisma(), new Date());
    const [, round] = await roundsOf(project);
    const { log } = await getRound({ prisma: prisma(), projectId, roundId: round?.id ?? '' });
    expect(log).toEqual([
      expect.objectContaining({
        level: 'warning',
        message: expect.stringContaining('The gate will hold') as string,
      }),
    ]);
  });

  test('a rule cannot name a round of another project, and every change is in the audit trail', async () => {
    const [project, other] = [
      await projectWith({ when: 'judgements', count: 3 }, 3),
      await projectWith({ when: 'never' }, 0),
    ];
    await startDueAutoRounds(prisma(), new Date());
    const [round] = await roundsOf(project);
    await expect(change(other, { likeRoundId: round?.id ?? '' })).rejects.toMatchObject({
      code: 'not_found',
    });
    const trail = await prisma().auditEvent.findMany({ where: { projectId: project.projectId } });
    expect(trail.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['auto-rounds.changed', 'round.started']),
    );
  });

  test('does not count again what a round before an old snapshot has learned', async () => {
    const project = await projectWith({ when: 'judgements', count: 3 }, 2);
    const { projectId, researcherId } = project;
    const actor = { userId: researcherId };
    const old = await createSnapshot({ prisma: prisma(), projectId, actor });
    for (let i = 0; i < 3; i++) await judgeNewTask(prisma(), project);
    for (const snapshotId of [undefined, old.id]) {
      const { id: roundId } = await startRound({ prisma: prisma(), projectId, actor, snapshotId });
      await cancelRound({ prisma: prisma(), projectId, roundId, actor });
    }
    expect(await getAutoRounds({ prisma: prisma(), projectId, now: new Date() })).toMatchObject({
      newJudgements: 0,
    });
  });
});
