import type { MetricSeries } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';
import { findRoundOfProject } from './find-round.ts';

export interface GetRoundMetricsOptions {
  prisma: PrismaClient;
  projectId: string;
  roundId: string;
  /** At most this many points per series. */
  points: number;
  stage?: string | undefined;
}

/**
 * The curves of a round. A series with more steps than `points` is cut into that many runs of equal length, each shown
 * as its mean at its last step; a shorter one is shown as it is.
 */
export async function getRoundMetrics(options: GetRoundMetricsOptions): Promise<{ series: MetricSeries[] }> {
  const { prisma, roundId, points, stage = null } = options;
  await findRoundOfProject(prisma, options);
  const rows = await prisma.$queryRaw<{ stage: string; name: string; step: number; value: number }[]>`
    SELECT "stage", "name", max("step") AS "step", avg("value") AS "value" FROM (
      SELECT "stage", "name", "step", "value",
        (row_number() OVER (PARTITION BY "stage", "name" ORDER BY "step") - 1) * ${points}::bigint
          / greatest(count(*) OVER (PARTITION BY "stage", "name"), ${points}::bigint) AS "run"
      FROM "metric" WHERE "roundId" = ${roundId}::uuid AND (${stage}::text IS NULL OR "stage" = ${stage})
    ) s GROUP BY "stage", "name", "run" ORDER BY "stage", "name", "run"`;
  const series = new Map<string, MetricSeries>();
  for (const { stage: of, name, step, value } of rows) {
    const key = `${of} ${name}`;
    const one = series.get(key) ?? { stage: of, name, steps: [], values: [] };
    one.steps.push(step);
    one.values.push(value);
    series.set(key, one);
  }
  return { series: [...series.values()] };
}
