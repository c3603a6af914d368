import { AppError, type LabelerLineage } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';
import { findTaught } from './find-taught.ts';

export interface TraceLabelerOptions {
  prisma: PrismaClient;
  projectId: string;
  userId: string;
  /** Rows of each list, the newest; as many as the pages show when absent. */
  limit?: number;
}

/** From one labeler to every checkpoint that they taught. @throws AppError `not_found` for somebody of elsewhere */
export async function traceLabeler(options: TraceLabelerOptions): Promise<LabelerLineage> {
  const { prisma, projectId, userId, limit } = options;
  const [pseudonym, judgements, exclusion] = await Promise.all([
    requireLabeler(options),
    // An edit is a further revision of the same answer.
    prisma.judgement.count({ where: { projectId, labelerId: userId, revision: 1 } }),
    prisma.labelerExclusion.findUnique({ where: { projectId_labelerId: { projectId, labelerId: userId } } }),
  ]);
  return {
    userId,
    pseudonym,
    judgements,
    excluded: exclusion && { at: exclusion.createdAt.toISOString(), reason: exclusion.reason },
    ...(await findTaught(prisma, projectId, { labelerId: userId }, limit)),
  };
}

/** The pseudonym of somebody who is or was in the project. @throws AppError `not_found` */
export async function requireLabeler({ prisma, projectId, userId }: TraceLabelerOptions): Promise<string> {
  const [member, judged] = await Promise.all([
    prisma.membership.findUnique({ where: { projectId_userId: { projectId, userId } } }),
    prisma.judgement.findFirst({ where: { projectId, labelerId: userId }, select: { id: true } }),
  ]);
  if (!member && !judged)
    throw new AppError('not_found', { detail: 'There is no such labeler in this project.' });
  return member?.pseudonym ?? FORMER;
}

/** The only name by which a labeler is told. */
export async function readPseudonym(
  prisma: Pick<PrismaClient, 'membership'>,
  projectId: string,
  userId: string,
): Promise<string> {
  const member = await prisma.membership.findUnique({ where: { projectId_userId: { projectId, userId } } });
  return member?.pseudonym ?? FORMER;
}

const FORMER = 'former member';
