import type { PrismaClient } from '@rankloop/db';
import { LONG_TRANSACTION } from '../snapshots/create-snapshot.ts';
import { deleteBetween } from './metric-curves.ts';
import { ACTIVE_STATES } from './stages.ts';
import { STORED_POINTS } from './stored-curves.ts';

export interface ThinMetricsOptions {
  prisma: PrismaClient;
  /** Rounds that ended before this keep the shape of their curves only. */
  endedBefore: Date;
  /** That are left of each curve. */
  points?: number;
  /** At most this many rounds in one call, so that none takes long. */
  limit?: number;
}

const ROUNDS_PER_CALL = 50;

/**
 * Old rounds give up points between the extremes of their long curves. Their ends, lowest and highest values stay.
 *
 * @returns how many rows were deleted
 */
export async function thinMetrics(options: ThinMetricsOptions): Promise<number> {
  const { prisma, endedBefore, points = STORED_POINTS, limit = ROUNDS_PER_CALL } = options;
  const rounds = await prisma.$queryRaw<{ id: string }[]>`
    SELECT "id" FROM "round" WHERE "endedAt" < ${endedBefore} AND "state"::text <> ALL (${[...ACTIVE_STATES]}::text[])
      AND ("metricsThinnedAt" IS NULL OR "metricsThinnedAt" < "endedAt")
    ORDER BY "endedAt" LIMIT ${limit}`;
  let deleted = 0;
  for (const { id: roundId } of rounds) {
    deleted += await prisma.$transaction(async (tx) => {
      // One that is tried again meanwhile goes on with all that it has.
      const { count } = await tx.round.updateMany({
        where: { id: roundId, endedAt: { lt: endedBefore }, state: { notIn: [...ACTIVE_STATES] } },
        data: { metricsThinnedAt: new Date() },
      });
      return count === 0 ? 0 : deleteBetween(tx, { roundId, points });
    }, LONG_TRANSACTION);
  }
  return deleted;
}
