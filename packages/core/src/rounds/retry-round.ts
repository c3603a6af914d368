import { AppError } from '@rankloop/contracts';
import { Prisma, type PrismaClient, type Round } from '@rankloop/db';
import { type Actor, recordAuditEvent } from '../audit/record-audit-event.ts';
import { holdPolicy } from '../checkpoints/hold-checkpoint.ts';
import { findRoundOfProject } from './find-round.ts';
import { requeueRound } from './requeue-round.ts';
import { ACTIVE_STATES } from './stages.ts';

export interface RetryRoundOptions {
  prisma: PrismaClient;
  projectId: string;
  roundId: string;
  actor: Actor;
}

const CAN_RETRY: readonly Round['state'][] = ['failed', 'cancelled', 'diverged'];

/**
 * Runs an ended round again under the next attempt. Stages that were done stay done.
 *
 * @throws AppError `conflict` for a round that succeeded or whose first policy has no files any more, `round_active` when
 *   one is running
 */
export async function retryRound(options: RetryRoundOptions): Promise<Round> {
  const { prisma, projectId, roundId, actor } = options;
  try {
    return await prisma.$transaction(async (tx) => {
      await findRoundOfProject(tx, options);
      await tx.$queryRaw`SELECT 1 FROM "round" WHERE "id" = ${roundId}::uuid FOR UPDATE`;
      const round = await findRoundOfProject(tx, options);
      if (round.state === 'succeeded') {
        throw new AppError('conflict', { detail: 'This round succeeded. Start a new one.' });
      }
      if (!CAN_RETRY.includes(round.state)) throw activeError(round);
      await holdPolicy(tx, { projectId, checkpointId: round.baseCheckpointId });
      const next = await requeueRound(tx, round, { restarts: 0, reason: null });
      await recordAuditEvent(tx, actor, {
        action: 'round.retried',
        projectId,
        subjectType: 'round',
        subjectId: roundId,
        detail: { attempt: next.attempt },
      });
      return next;
    });
  } catch (error) {
    if (!(error instanceof Prisma.PrismaClientKnownRequestError) || error.code !== 'P2002') throw error;
    const active = await prisma.round.findFirst({ where: { projectId, state: { in: [...ACTIVE_STATES] } } });
    throw active ? activeError(active) : error;
  }
}

function activeError(round: Round): AppError {
  return new AppError('round_active', {
    detail: `Round ${round.number} is running. Wait for its end or cancel it.`,
    conflictId: round.id,
  });
}
