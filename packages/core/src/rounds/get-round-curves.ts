import type { RoundCurves } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';
import { readCurves, readMetricNames } from './read-curves.ts';

export interface GetRoundCurvesOptions {
  prisma: PrismaClient;
  projectId: string;
  /** Those of another project are left out, as if they were not there. */
  rounds: readonly string[];
  metric: string;
  /** At most this many per curve. */
  points: number;
}

/** One metric of several rounds, the oldest round first, and which metrics they have. */
export async function getRoundCurves(options: GetRoundCurvesOptions): Promise<RoundCurves> {
  const { prisma, projectId, metric, points } = options;
  const rounds = await prisma.round.findMany({
    where: { projectId, id: { in: [...options.rounds] } },
    orderBy: { number: 'asc' },
    select: { id: true, number: true },
  });
  const roundIds = rounds.map(({ id }) => id);
  const [metrics, curves] = await Promise.all([
    readMetricNames(prisma, roundIds),
    readCurves(prisma, { roundIds, points, name: metric }),
  ]);
  return {
    metric,
    metrics,
    curves: rounds.flatMap(({ id, number }) =>
      curves
        .filter(({ roundId }) => roundId === id)
        .map(({ roundId, stage, steps, values }) => ({ roundId, roundNumber: number, stage, steps, values })),
    ),
  };
}
