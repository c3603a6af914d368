import { AppError, type JudgementLineage } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';
import { findTaught } from './find-taught.ts';
import { readPseudonym } from './trace-labeler.ts';

export interface TraceJudgementOptions {
  prisma: PrismaClient;
  projectId: string;
  judgementId: string;
  /** Rows of each list, the newest; as many as the pages show when absent. */
  limit?: number;
}

/** From one judgement to every checkpoint that it taught. @throws AppError `not_found` */
export async function traceJudgement(options: TraceJudgementOptions): Promise<JudgementLineage> {
  const { prisma, projectId, judgementId, limit } = options;
  const row = await prisma.judgement.findFirst({ where: { id: judgementId, projectId } });
  if (!row) throw new AppError('not_found', { detail: 'There is no such judgement in this project.' });
  const userId = row.labelerId;
  return {
    judgementId,
    leaseId: row.leaseId,
    revision: row.revision,
    labeler: { userId, pseudonym: await readPseudonym(prisma, projectId, userId) },
    createdAt: row.createdAt.toISOString(),
    ...(await findTaught(prisma, projectId, { judgementId }, limit)),
  };
}
