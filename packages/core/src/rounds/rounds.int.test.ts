import { AppError, ROUND_PRESETS, type ErrorCode } from '@rankloop/contracts';
import { createMember, createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judgeNewTask, makeProject, type JudgedProject } from '../../test/judged-project.ts';
import {
  cancelRound,
  claimRound,
  draftRound,
  endRound,
  type Fence,
  finishStage,
  getRound,
  getRoundMetrics,
  heartbeat,
  MAX_RESTARTS,
  reconcileRounds,
  recordSteps,
  releaseRound,
  reportLostTraining,
  retryRound,
  StaleAttemptError,
  startRound,
  succeedRound,
} from './index.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
const prisma = () => database.db.prisma;

const start = (project: JudgedProject) =>
  startRound({ prisma: prisma(), projectId: project.projectId, actor: { userId: project.researcherId } });
const readyProject = async () => {
  const project = await makeProject(prisma());
  for (let i = 0; i < 3; i++) await judgeNewTask(prisma(), project);
  return project;
};
/** A round that a worker has taken up. */
const running = async () => {
  const project = await readyProject();
  const round = await start(project);
  const fence = { roundId: round.id, attempt: round.attempt };
  await claimRound(prisma(), fence, 'worker-1');
  return { project, fence, key: { prisma: prisma(), projectId: project.projectId, roundId: round.id } };
};
const read = (id: string) => prisma().round.findUniqueOrThrow({ where: { id } });
const codeOf = async (work: Promise<unknown>): Promise<ErrorCode | 'none'> =>
  work.then(
    () => 'none' as const,
    (error: unknown) => {
      if (error instanceof AppError) return error.code;
      throw error;
    },
  );

describe('starting', () => {
  test('writes the round with its snapshot, its stages and complete settings', async () => {
    const project = await readyProject();
    const round = await start(project);
    const detail = await getRound({ prisma: prisma(), projectId: project.projectId, roundId: round.id });
    expect(detail).toMatchObject({ number: 1, state: 'queued', attempt: 1, judgementCount: 3 });
    expect(detail.stages.map(({ name }) => name)).toEqual(['snapshot', 'reward', 'ppo', 'sample', 'queue']);
    expect(detail.config).toEqual(ROUND_PRESETS.standard.config);
    expect(detail.baseCheckpointId).toBe(project.policyId);
  });

  test('five starts at once give one round, and the others are told which', async () => {
    const project = await readyProject();
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => start(project)));
    const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.id] : []));
    expect(started).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'fulfilled') continue;
      expect(result.reason).toBeInstanceOf(AppError);
      expect(result.reason).toMatchObject({ code: 'round_active', options: { conflictId: started[0] } });
    }
    expect(await prisma().snapshot.count({ where: { projectId: project.projectId } })).toBe(1);
  });

  test.each([
    { what: 'no judgements', judge: async () => undefined, says: 'no judgements yet' },
    {
      what: 'all ties',
      judge: async (project: JudgedProject) => {
        for (let i = 0; i < 3; i++) await judgeNewTask(prisma(), project, { ranks: [1, 1, 1, 1] });
      },
      says: 'prefers one output over another',
    },
    {
      what: 'one prompt',
      judge: async (project: JudgedProject) => {
        await judgeNewTask(prisma(), project);
      },
      says: 'about one prompt',
    },
  ])('is refused with what is missing: $what', async ({ judge, says }) => {
    const project = await makeProject(prisma());
    await judge(project);
    const refusal = await start(project).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: 'round_not_ready',
      message: expect.stringContaining(says) as string,
    });
    const draft = await draftRound({ prisma: prisma(), projectId: project.projectId });
    expect(draft.blockers.join()).toContain(says);
    // Nothing of it stays behind.
    expect(await prisma().snapshot.count({ where: { projectId: project.projectId } })).toBe(0);
  });

  test('is refused without a policy', async () => {
    const project = await makeProject(prisma(), { hasPolicy: false });
    await judgeNewTask(prisma(), project);
    expect(await codeOf(start(project))).toBe('round_not_ready');
  });

  test("another project's checkpoint or snapshot is as good as missing", async () => {
    const [project, other] = [await readyProject(), await readyProject()];
    const base = { prisma: prisma(), projectId: project.projectId, actor: { userId: null } };
    expect(await codeOf(startRound({ ...base, baseCheckpointId: other.policyId ?? '' }))).toBe('not_found');
    const theirs = await start(other);
    expect(await codeOf(startRound({ ...base, snapshotId: theirs.snapshotId ?? '' }))).toBe('not_found');
    expect(await codeOf(getRound({ ...base, roundId: theirs.id }))).toBe('not_found');
  });
});

test('a draft counts what a round would learn from and says who gave most of it', async () => {
  const project = await readyProject();
  const second = await createMember(prisma(), project.projectId, 'labeler');
  await judgeNewTask(prisma(), project, { labelerId: second.id });
  await judgeNewTask(prisma(), project, { labelerId: second.id, outcome: 'skipped' });
  const draft = await draftRound({ prisma: prisma(), projectId: project.projectId });
  expect(draft).toMatchObject({
    judgements: 5,
    usablePairs: 24,
    prompts: 4,
    people: 2,
    newSinceLastRound: 5,
  });
  expect(draft.blockers).toEqual([]);
  expect(draft.warnings).toContain('60 % of judgements come from one person.');
});

describe('the fence', () => {
  test('a write of an attempt that is over is refused and changes nothing', async () => {
    const { fence } = await running();
    await prisma().round.update({ where: { id: fence.roundId }, data: { attempt: 2 } });
    const writes = [
      () => heartbeat(prisma(), fence),
      () => recordSteps(prisma(), fence, 'ppo', [{ step: 1, totalSteps: 2, values: { loss: 1 } }]),
      () => finishStage(prisma(), fence, 'ppo'),
      () => endRound(prisma(), fence, { state: 'failed', reason: 'late' }),
    ];
    for (const write of writes) await expect(write()).rejects.toThrow(StaleAttemptError);
    expect(await prisma().metric.count({ where: { roundId: fence.roundId } })).toBe(0);
    expect((await read(fence.roundId)).state).toBe('running');
  });

  test('two workers claim one attempt: one has it', async () => {
    const project = await readyProject();
    const { id: roundId } = await start(project);
    const claims = await Promise.all(
      ['a', 'b', 'c'].map((worker) => claimRound(prisma(), { roundId, attempt: 1 }, worker)),
    );
    expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
  });

  test('a round that is being cancelled can no longer succeed', async () => {
    const { project, fence, key } = await running();
    await cancelRound({ ...key, actor: { userId: null } });
    const success = succeedRound({
      prisma: prisma(),
      fence,
      policy: { id: project.policyId ?? '', name: 'x' },
      outputs: [],
      sampling: ROUND_PRESETS.tiny.config.sampling,
      report: {},
    });
    await expect(success).rejects.toThrow(StaleAttemptError);
    expect((await read(fence.roundId)).state).toBe('cancelling');
  });
});

describe('cancelling and retrying', () => {
  test.each([
    ['its worker shuts down', (fence: Fence) => releaseRound(prisma(), fence)],
    ['its training process is lost', (fence: Fence) => reportLostTraining(prisma(), fence, 'It ended')],
  ])('a round that is being cancelled does not start again when %s', async (_what, lose) => {
    const { fence, key } = await running();
    await cancelRound({ ...key, actor: { userId: null } });
    expect(await lose(fence)).toBeNull();
    expect(await read(fence.roundId)).toMatchObject({ state: 'cancelled', attempt: fence.attempt });
  });

  test('a round that nobody has taken up is cancelled at once', async () => {
    const project = await readyProject();
    const { id: roundId } = await start(project);
    await cancelRound({ prisma: prisma(), projectId: project.projectId, roundId, actor: { userId: null } });
    expect(await read(roundId)).toMatchObject({ state: 'cancelled' });
    expect(await codeOf(start(project))).toBe('none');
  });

  test('a retry is the next attempt and keeps the stages that were done', async () => {
    const { fence, key } = await running();
    await finishStage(prisma(), fence, 'snapshot', { judgements: 3 });
    await endRound(prisma(), fence, { state: 'failed', reason: 'The disk is full.' });
    await retryRound({ ...key, actor: { userId: null } });
    const detail = await getRound(key);
    expect(detail).toMatchObject({ state: 'queued', attempt: 2, reason: null, endedAt: null });
    expect(detail.stages.map(({ state }) => state)).toEqual([
      'done',
      'waiting',
      'waiting',
      'waiting',
      'waiting',
    ]);
    expect(detail.report.judgements).toBe(3);
  });

  test('an active round is not retried', async () => {
    const { key } = await running();
    expect(await codeOf(retryRound({ ...key, actor: { userId: null } }))).toBe('round_active');
  });
});

describe('reconciling', () => {
  const silence = (roundId: string) =>
    prisma().round.update({ where: { id: roundId }, data: { heartbeatAt: new Date(Date.now() - 60_000) } });

  test('a queued round is due', async () => {
    const project = await readyProject();
    const round = await start(project);
    expect(await reconcileRounds(prisma())).toContainEqual({ roundId: round.id, attempt: 1 });
  });

  test('a round whose worker speaks is left alone', async () => {
    const { fence } = await running();
    await reconcileRounds(prisma());
    expect(await read(fence.roundId)).toMatchObject({ state: 'running', attempt: 1 });
  });

  test('a silent round is due again under the next attempt, a bounded number of times, then failed with a reason', async () => {
    const { fence } = await running();
    for (let restart = 1; restart <= MAX_RESTARTS; restart++) {
      await silence(fence.roundId);
      const due = await Promise.all([reconcileRounds(prisma()), reconcileRounds(prisma())]);
      const next = { roundId: fence.roundId, attempt: restart + 1 };
      expect(due.flat()).toContainEqual(next);
      await claimRound(prisma(), next, 'worker-2');
    }
    await silence(fence.roundId);
    await reconcileRounds(prisma());
    const round = await read(fence.roundId);
    expect(round).toMatchObject({ state: 'failed', attempt: MAX_RESTARTS + 1 });
    expect(round.reason).toContain('stopped responding');
  });

  test('a silent round that was being cancelled is cancelled', async () => {
    const { fence, key } = await running();
    await cancelRound({ ...key, actor: { userId: null } });
    await silence(fence.roundId);
    await reconcileRounds(prisma());
    expect((await read(fence.roundId)).state).toBe('cancelled');
  });
});

describe('curves', () => {
  test('the same step sent twice is there once, and what is not a number is left out', async () => {
    const { fence, key } = await running();
    const step = { step: 1, totalSteps: 2, values: { loss: 0.5, broken: NaN } };
    await recordSteps(prisma(), fence, 'reward', [step]);
    await recordSteps(prisma(), fence, 'reward', [step, { step: 2, totalSteps: 2, values: { loss: 0.25 } }]);
    const { series } = await getRoundMetrics({ ...key, points: 1000 });
    expect(series).toEqual([{ stage: 'reward', name: 'loss', steps: [1, 2], values: [0.5, 0.25] }]);
  });
});
