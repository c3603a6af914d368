import type { PrismaClient, Round } from '@rankloop/db';
import { type Fence, type Tx, withFence } from './fence.ts';
import { closeRound } from './close-round.ts';
import { emitRound } from './round-events.ts';

/** How often a round starts again by itself after its worker or training process was lost. */
export const MAX_RESTARTS = 2;

/**
 * Makes a round due again under its next attempt: from here on the old attempt's writes are refused. Stages that are
 * done stay done; the one that was under way goes on from what it has saved, or starts anew. The caller holds the row's
 * lock.
 */
export async function requeueRound(
  tx: Tx,
  round: { id: string; projectId: string },
  data: { restarts?: number; reason: string | null },
): Promise<Round> {
  const next = await tx.round.update({
    where: { id: round.id },
    data: {
      state: 'queued',
      attempt: { increment: 1 },
      ...data,
      reasonCode: null,
      workerId: null,
      heartbeatAt: null,
      cancelRequestedAt: null,
      endedAt: null,
    },
  });
  await tx.stage.updateMany({
    where: { roundId: round.id, state: { not: 'done' } },
    data: { state: 'waiting', step: 0, totalSteps: 0, message: null, startedAt: null, endedAt: null },
  });
  if (data.reason !== null) {
    await tx.roundLog.create({
      data: { roundId: round.id, attempt: next.attempt, level: 'warning', message: data.reason },
    });
  }
  await emitRound(tx, round.projectId, { roundId: round.id, state: 'queued', stage: null });
  return next;
}

/**
 * After a loss: again, or, when that happened too often, the end. The caller holds the row's lock.
 *
 * @param what what was lost, as the beginning of a sentence: "The training process ended unexpectedly (SIGKILL)"
 */
export async function restartOrFail(
  tx: Tx,
  round: { id: string; projectId: string; attempt: number; restarts: number },
  what: string,
): Promise<Round | null> {
  if (round.restarts >= MAX_RESTARTS) {
    await closeRound(tx, round, {
      state: 'failed',
      reason: `${what}, for the ${ORDINALS[MAX_RESTARTS] ?? 'last'} time. Look at the log, then retry.`,
      reasonCode: 'lost',
    });
    return null;
  }
  return requeueRound(tx, round, {
    restarts: round.restarts + 1,
    reason: `${what}; the round goes on from what it has saved.`,
  });
}

const ORDINALS = ['first', 'second', 'third', 'fourth'];

/** The training process is gone. @throws StaleAttemptError */
export async function reportLostTraining(
  prisma: PrismaClient,
  fence: Fence,
  what: string,
): Promise<Round | null> {
  return withFence(prisma, fence, async (tx) => {
    const round = await tx.round.findUniqueOrThrow({ where: { id: fence.roundId } });
    if (round.state === 'cancelling') return cancelInstead(tx, round);
    return restartOrFail(tx, round, what);
  });
}

/** Somebody pressed cancel and the loss came first: the round does not start again against their will. */
async function cancelInstead(
  tx: Tx,
  round: { id: string; projectId: string; attempt: number },
): Promise<null> {
  await closeRound(tx, round, { state: 'cancelled', reason: 'Cancelled. The old policy stays in use.' });
  return null;
}

/** The worker is shutting down in good order: the round waits for the next one. @throws StaleAttemptError */
export async function releaseRound(prisma: PrismaClient, fence: Fence): Promise<Round | null> {
  return withFence(prisma, fence, (tx, { projectId, state }) => {
    const round = { id: fence.roundId, projectId, attempt: fence.attempt };
    if (state === 'cancelling') return cancelInstead(tx, round);
    return requeueRound(tx, round, {
      reason: 'The worker was shut down; the round goes on when one is up again.',
    });
  });
}
