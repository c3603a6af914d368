import { lastMade, RoundConfig, type RoundDetail } from '@rankloop/contracts';
import type { PrismaClient, Round } from '@rankloop/db';
import { z } from 'zod';
import { findRoundOfProject } from './find-round.ts';
import type { CurveEnds } from './metric-curves.ts';
import { readEnds } from './read-curves.ts';
import { policyStageOf, readRoundFacts, ROUND_PARTS } from './read-round-facts.ts';
import { HEARTBEAT_LIMIT_MS } from './reconcile-rounds.ts';
import { findHealthNotes } from './round-health.ts';
import { toRoundSummary, toStageView } from './round-view.ts';

export interface GetRoundOptions {
  prisma: PrismaClient;
  projectId: string;
  roundId: string;
}

const LOG_LINES = 200;

/** @throws AppError `not_found` */
export async function getRound(options: GetRoundOptions): Promise<RoundDetail> {
  const { prisma, roundId } = options;
  const stage = policyStageOf((await findRoundOfProject(prisma, options)).config);
  const [row, checkpoints, log, metrics, hasWorker] = await Promise.all([
    prisma.round.findUniqueOrThrow({ where: { id: roundId }, include: ROUND_PARTS }),
    prisma.checkpoint.findMany({ where: { roundId }, orderBy: { createdAt: 'asc' } }),
    prisma.roundLog.findMany({ where: { roundId }, orderBy: { id: 'desc' }, take: LOG_LINES }),
    stage === undefined ? new Map<string, CurveEnds>() : readEnds(prisma, roundId, stage),
    isWorkerUp(prisma),
  ]);
  const [facts] = await readRoundFacts(prisma, [row]);
  if (!facts) throw new Error('A round that was read has no facts.');
  const summary = toRoundSummary(facts);
  const config = RoundConfig.parse(row.config);
  const { now } = facts;
  return {
    ...summary,
    attempt: row.attempt,
    config,
    baseCheckpointId: row.baseCheckpointId,
    stages: row.stages.map((stage) => toStageView(stage, config, now)),
    engine: z.record(z.string(), z.unknown()).nullable().parse(row.engine),
    health: findHealthNotes({
      state: row.state,
      silentMs: now.getTime() - lastSign(row).getTime(),
      hasWorker,
      metrics,
      report: summary.report,
      divergenceKl: divergenceKlOf(config),
    }),
    checkpoints: checkpoints.map(({ id, kind, name, stage, promotedAt }) => ({
      id,
      kind,
      name,
      stage,
      promotedAt: promotedAt?.toISOString() ?? null,
    })),
    metricsThinnedAt: row.metricsThinnedAt?.toISOString() ?? null,
    log: log.reverse().map(({ at, level, message }) => ({ at: at.toISOString(), level, message })),
  };
}

const lastSign = (round: Round) => round.heartbeatAt ?? round.createdAt;

/** Where the round ends by itself; not every recipe has such a limit. */
function divergenceKlOf({ stages }: RoundConfig): number | null {
  const config = lastMade(stages, 'policy')?.config;
  return config && 'divergenceKl' in config ? config.divergenceKl : null;
}

async function isWorkerUp(prisma: PrismaClient): Promise<boolean> {
  const since = new Date(Date.now() - HEARTBEAT_LIMIT_MS);
  return (await prisma.workerProcess.count({ where: { seenAt: { gt: since } } })) > 0;
}
