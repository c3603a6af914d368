import type { PrismaClient } from '@rankloop/db';
import { type Actor, recordAuditEvent } from '../audit/record-audit-event.ts';
import { closeRound } from './close-round.ts';
import { findRoundOfProject } from './find-round.ts';
import { emitRound } from './round-events.ts';

export interface CancelRoundOptions {
  prisma: PrismaClient;
  projectId: string;
  roundId: string;
  actor: Actor;
}

/** Asks the worker to stop, or ends a round that none has taken up. A round that has ended stays as it is. */
export async function cancelRound(options: CancelRoundOptions): Promise<void> {
  const { prisma, projectId, roundId, actor } = options;
  await prisma.$transaction(async (tx) => {
    await findRoundOfProject(tx, options);
    await tx.$queryRaw`SELECT 1 FROM "round" WHERE "id" = ${roundId}::uuid FOR UPDATE`;
    const round = await findRoundOfProject(tx, options);
    if (round.state === 'queued') {
      await closeRound(tx, round, { state: 'cancelled', reason: 'Cancelled before it began.' });
    } else if (round.state === 'running') {
      await tx.round.update({
        where: { id: roundId },
        data: { state: 'cancelling', cancelRequestedAt: new Date() },
      });
      await emitRound(tx, projectId, { roundId, state: 'cancelling', stage: null });
    } else return;
    await recordAuditEvent(tx, actor, {
      action: 'round.cancelled',
      projectId,
      subjectType: 'round',
      subjectId: roundId,
    });
  });
}
