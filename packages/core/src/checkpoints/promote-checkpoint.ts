import { AppError, type CheckpointRow } from '@rankloop/contracts';
import type { Prisma, PrismaClient } from '@rankloop/db';
import { type Actor, recordAuditEvent } from '../audit/record-audit-event.ts';
import { emitLiveEvent } from '../live/emit-live-event.ts';
import { CHECKPOINT_PARTS, toCheckpointRow } from './checkpoint-view.ts';
import { holdPolicy } from './hold-checkpoint.ts';

export interface PromoteCheckpointOptions {
  prisma: PrismaClient;
  projectId: string;
  checkpointId: string;
  actor: Actor;
}

/**
 * Makes a policy the one in use; an older one rolls back.
 *
 * @throws AppError `not_found` for a checkpoint that is not a policy of this project, `conflict` for one without files
 */
export async function promoteCheckpoint(options: PromoteCheckpointOptions): Promise<CheckpointRow> {
  const { prisma, projectId, checkpointId, actor } = options;
  return prisma.$transaction(async (tx) => {
    const checkpoint = await holdPolicy(tx, { projectId, checkpointId });
    if (!checkpoint) throw new AppError('not_found', { detail: 'There is no such policy in this project.' });
    await setCurrentPolicy(tx, { projectId, checkpointId });
    await recordAuditEvent(tx, actor, {
      action: 'checkpoint.promoted',
      projectId,
      subjectType: 'checkpoint',
      subjectId: checkpointId,
      detail: { name: checkpoint.name },
    });
    await emitLiveEvent(tx, { topic: 'checkpoint', projectId, data: { checkpointId, promoted: true } });
    const row = await tx.checkpoint.findUniqueOrThrow({
      where: { id: checkpointId },
      include: CHECKPOINT_PARTS,
    });
    return toCheckpointRow(row);
  });
}

/** For a caller that has its own transaction. */
export async function setCurrentPolicy(
  tx: Prisma.TransactionClient,
  { projectId, checkpointId }: { projectId: string; checkpointId: string },
): Promise<void> {
  await tx.checkpoint.updateMany({
    where: { id: checkpointId, promotedAt: null },
    data: { promotedAt: new Date() },
  });
  await tx.project.update({ where: { id: projectId }, data: { currentPolicyId: checkpointId } });
}
