import type { PrismaClient } from '@rankloop/db';
import { type Fence, type Tx, withFence } from './fence.ts';
import { emitRound } from './round-events.ts';

export interface RoundEnd {
  state: 'failed' | 'diverged' | 'cancelled';
  /** A plain sentence for people, with what to do. */
  reason: string;
  reasonCode?: string;
}

/** Ends a round without a new policy; the old one stays in use. The caller holds the row's lock. */
export async function closeRound(
  tx: Tx,
  round: { id: string; projectId: string; attempt: number },
  end: RoundEnd,
): Promise<void> {
  const endedAt = new Date();
  await tx.round.update({
    where: { id: round.id },
    data: {
      state: end.state,
      reason: end.reason,
      reasonCode: end.reasonCode ?? end.state,
      endedAt,
      workerId: null,
    },
  });
  const stopped = end.state === 'cancelled' ? 'skipped' : 'failed';
  await tx.stage.updateMany({
    where: { roundId: round.id, state: 'running' },
    data: { state: stopped, endedAt, message: end.reason },
  });
  await tx.stage.updateMany({ where: { roundId: round.id, state: 'waiting' }, data: { state: 'skipped' } });
  const level = end.state === 'cancelled' ? 'info' : 'error';
  await tx.roundLog.create({
    data: { roundId: round.id, attempt: round.attempt, level, message: end.reason },
  });
  await emitRound(tx, round.projectId, { roundId: round.id, state: end.state, stage: null });
}

/** @throws StaleAttemptError */
export async function endRound(prisma: PrismaClient, fence: Fence, end: RoundEnd): Promise<void> {
  await withFence(prisma, fence, (tx, { projectId }) =>
    closeRound(tx, { id: fence.roundId, projectId, attempt: fence.attempt }, end),
  );
}
