import { AppError, RoundReport, type LoopState } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';
import { listRounds } from '../rounds/index.ts';
import { nextStep } from './next-step.ts';
import { readLoopCounts } from './loop-counts.repo.ts';

const LAST_ROUNDS = 6;

export interface GetLoopOptions {
  db: Db;
  projectId: string;
  /** Whether synthetic labelers may be offered. */
  canSimulate: boolean;
  now: Date;
}

/** State of the five stations, and what to do next. @throws AppError `not_found` */
export async function getLoop({ db, projectId, canSimulate, now }: GetLoopOptions): Promise<LoopState> {
  const { prisma, pool } = db;
  const project = await prisma.project.findUnique({
    where: { id: projectId },
    include: { currentPolicy: { include: { round: { select: { summary: true } } } } },
  });
  if (!project) throw new AppError('not_found');
  const lastTrained = await prisma.round.findFirst({
    where: { projectId, state: 'succeeded' },
    orderBy: { number: 'desc' },
    include: { snapshot: { select: { createdAt: true } } },
  });
  const [counts, rounds, rewardModel] = await Promise.all([
    readLoopCounts(pool, { projectId, since: lastTrained?.snapshot?.createdAt ?? new Date(0), now }),
    listRounds({ prisma, projectId, limit: LAST_ROUNDS }),
    prisma.checkpoint.findFirst({
      where: { projectId, kind: 'reward' },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      include: { round: { select: { summary: true } } },
    }),
  ]);
  const policy = project.currentPolicy;
  const accuracy = reportOf(rewardModel?.round?.summary).rewardAccuracy;
  const winRate = reportOf(policy?.round?.summary).winRate;
  const activeRound = rounds.items.find(({ endedAt, state }) => endedAt === null && isActive(state)) ?? null;
  return {
    ...counts,
    rewardModel: {
      checkpointId: rewardModel?.id ?? null,
      accuracy: accuracy?.value ?? null,
      accuracyLow: accuracy?.low ?? null,
      accuracyHigh: accuracy?.high ?? null,
      newestAt: rewardModel?.createdAt.toISOString() ?? null,
    },
    policy: {
      checkpointId: policy?.id ?? null,
      name: policy?.name ?? null,
      winRate: winRate?.value ?? null,
      winRateLow: winRate?.low ?? null,
      winRateHigh: winRate?.high ?? null,
      winRateJudge: winRate?.judge ?? null,
      newestAt: policy?.createdAt.toISOString() ?? null,
    },
    activeRound,
    lastRounds: rounds.items,
    next: nextStep({
      prompts: counts.prompts.count,
      openTasks: counts.outputs.openTasks,
      sinceLastRound: counts.judgements.sinceLastRound,
      lastRoundNumber: lastTrained?.number ?? null,
      accuracy: accuracy?.value ?? null,
      hasPolicy: policy !== null,
      canSimulate,
      activeRound: activeRound && { number: activeRound.number, ...activeRound.progress },
    }),
  };
}

function isActive(state: string): boolean {
  return state === 'queued' || state === 'running' || state === 'cancelling';
}

function reportOf(summary: unknown): RoundReport {
  const report = RoundReport.safeParse(summary ?? {});
  return report.success ? report.data : {};
}
