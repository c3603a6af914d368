import { AppError } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';

export interface CheckpointLineageOptions {
  prisma: PrismaClient;
  projectId: string;
  checkpointId: string;
}

export interface LineagePageOptions extends CheckpointLineageOptions {
  cursor?: string | undefined;
  limit: number;
}

/** @throws AppError `not_found`, also for a checkpoint of another project */
export async function requireCheckpoint(options: CheckpointLineageOptions): Promise<void> {
  const { prisma, projectId, checkpointId } = options;
  if ((await prisma.checkpoint.count({ where: { id: checkpointId, projectId } })) === 0)
    throw new AppError('not_found', { detail: 'There is no such checkpoint in this project.' });
}
