import type { MetricSeries } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';
import { findRoundOfProject } from './find-round.ts';
import { readCurves } from './read-curves.ts';

export interface GetRoundMetricsOptions {
  prisma: PrismaClient;
  projectId: string;
  roundId: string;
  /** At most this many points per series. */
  points: number;
  stage?: string | undefined;
}

/** The curves of a round; of a long one its ends and extremes. @throws AppError `not_found` */
export async function getRoundMetrics(options: GetRoundMetricsOptions): Promise<{ series: MetricSeries[] }> {
  const { prisma, roundId, points, stage } = options;
  await findRoundOfProject(prisma, options);
  const curves = await readCurves(prisma, { roundIds: [roundId], points, stage });
  return {
    series: curves.map(({ stage: of, name, steps, values }) => ({ stage: of, name, steps, values })),
  };
}
