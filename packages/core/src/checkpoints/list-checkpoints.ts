import type { CheckpointRow } from '@rankloop/contracts';
import type { CheckpointKind, PrismaClient } from '@rankloop/db';
import { olderThan, toTimePage } from '../shared/page.ts';
import { CHECKPOINT_PARTS, toCheckpointRow } from './checkpoint-view.ts';

export interface ListCheckpointsOptions {
  prisma: PrismaClient;
  projectId: string;
  kind?: CheckpointKind | undefined;
  cursor?: string | undefined;
  limit: number;
}

/** Newest first. */
export async function listCheckpoints(
  options: ListCheckpointsOptions,
): Promise<{ items: CheckpointRow[]; nextCursor: string | null }> {
  const { prisma, projectId, kind, cursor, limit } = options;
  const rows = await prisma.checkpoint.findMany({
    where: { projectId, ...(kind && { kind }), ...olderThan(cursor) },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit + 1,
    include: CHECKPOINT_PARTS,
  });
  return toTimePage(rows, limit, toCheckpointRow);
}
