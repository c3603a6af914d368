import type { PrismaClient, Round } from '@rankloop/db';
import { type Fence, StaleAttemptError } from './fence.ts';
import { emitRound } from './round-events.ts';

/** Takes a due round for one attempt. Null: another worker has it, or it is no longer due. */
export async function claimRound(
  prisma: PrismaClient,
  fence: Fence,
  workerId: string,
): Promise<Round | null> {
  return prisma.$transaction(async (tx) => {
    const taken = await tx.$executeRaw`
      UPDATE "round" SET "state" = 'running', "workerId" = ${workerId}, "heartbeatAt" = clock_timestamp(),
        "startedAt" = coalesce("startedAt", clock_timestamp()), "reason" = NULL
      WHERE "id" = ${fence.roundId}::uuid AND "attempt" = ${fence.attempt} AND "state" = 'queued'`;
    if (taken === 0) return null;
    const round = await tx.round.findUniqueOrThrow({ where: { id: fence.roundId } });
    await emitRound(tx, round.projectId, { roundId: round.id, state: round.state, stage: null });
    return round;
  });
}

/** Says that the attempt lives. @throws StaleAttemptError when it no longer should */
export async function heartbeat(prisma: PrismaClient, fence: Fence): Promise<void> {
  const alive = await prisma.$executeRaw`
    UPDATE "round" SET "heartbeatAt" = clock_timestamp()
    WHERE "id" = ${fence.roundId}::uuid AND "attempt" = ${fence.attempt} AND "state" IN ('running', 'cancelling')`;
  if (alive === 0) throw new StaleAttemptError(fence);
}

/** Cheap enough to ask several times a second. @throws StaleAttemptError */
export async function isCancelRequested(prisma: PrismaClient, fence: Fence): Promise<boolean> {
  const round = await prisma.round.findFirst({
    where: { id: fence.roundId, attempt: fence.attempt, state: { in: ['running', 'cancelling'] } },
    select: { state: true },
  });
  if (!round) throw new StaleAttemptError(fence);
  return round.state === 'cancelling';
}
