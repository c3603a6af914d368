import { AppError } from '@rankloop/contracts';
import type { Checkpoint, Prisma } from '@rankloop/db';

/**
 * A policy that keeps its files until the caller's transaction ends: pruning goes past rows that are held. Null where
 * the project has no such policy.
 *
 * @throws AppError `conflict` when its files were deleted
 */
export async function holdPolicy(
  tx: Prisma.TransactionClient,
  { projectId, checkpointId }: { projectId: string; checkpointId: string },
): Promise<Checkpoint | null> {
  await tx.$queryRaw`
    SELECT 1 FROM "checkpoint" WHERE "id" = ${checkpointId}::uuid AND "projectId" = ${projectId}::uuid FOR SHARE`;
  const found = await tx.checkpoint.findFirst({ where: { id: checkpointId, projectId, kind: 'policy' } });
  if (found) refusePruned(found);
  return found;
}

/** @throws AppError `conflict` */
export function refusePruned({ name, prunedAt }: Pick<Checkpoint, 'name' | 'prunedAt'>): void {
  if (prunedAt === null) return;
  const day = prunedAt.toISOString().slice(0, 10);
  throw new AppError('conflict', {
    detail: `The files of ${name} were deleted on ${day} to make room. Choose another checkpoint.`,
  });
}
