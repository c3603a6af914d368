import type { PrismaClient } from '@rankloop/db';
import { closeRound } from './close-round.ts';
import { restartOrFail } from './requeue-round.ts';

/**
 * A worker says every 2 s that it lives; after this long without a word it does not. With the 1 s between two looks,
 * a dead worker is noticed within 15 s, and that leaves 4 s to a machine that is busy.
 */
export const HEARTBEAT_LIMIT_MS = 10_000;

export interface DueRound {
  roundId: string;
  attempt: number;
}

/**
 * What the rows say is due, after rounds of dead workers were made due again. The caller puts each in the queue, where
 * one that is already there stays once: so losing the queue loses no work.
 */
export async function reconcileRounds(
  prisma: PrismaClient,
  heartbeatLimitMs = HEARTBEAT_LIMIT_MS,
): Promise<DueRound[]> {
  const lost = await prisma.$queryRaw<{ id: string }[]>`
    SELECT "id" FROM "round" WHERE "state" IN ('running', 'cancelling')
      AND ("heartbeatAt" IS NULL OR "heartbeatAt" < clock_timestamp() - make_interval(secs => ${heartbeatLimitMs / 1000}))`;
  for (const { id } of lost) await recoverRound(prisma, id, heartbeatLimitMs);
  const due = await prisma.round.findMany({
    where: { state: 'queued' },
    orderBy: { createdAt: 'asc' },
    select: { id: true, attempt: true },
  });
  return due.map(({ id, attempt }) => ({ roundId: id, attempt }));
}

/** Looks again under the lock: several reconcilers may be at it, and the worker may have spoken meanwhile. */
async function recoverRound(prisma: PrismaClient, roundId: string, heartbeatLimitMs: number): Promise<void> {
  await prisma.$transaction(async (tx) => {
    const locked = await tx.$queryRaw<{ id: string }[]>`
      SELECT "id" FROM "round" WHERE "id" = ${roundId}::uuid AND "state" IN ('running', 'cancelling')
        AND ("heartbeatAt" IS NULL OR "heartbeatAt" < clock_timestamp() - make_interval(secs => ${heartbeatLimitMs / 1000}))
      FOR UPDATE SKIP LOCKED`;
    if (locked.length === 0) return;
    const round = await tx.round.findUniqueOrThrow({ where: { id: roundId } });
    if (round.state === 'cancelling') {
      await closeRound(tx, round, { state: 'cancelled', reason: 'Cancelled; its worker was already gone.' });
    } else {
      await restartOrFail(tx, round, 'The worker stopped responding');
    }
  });
}
