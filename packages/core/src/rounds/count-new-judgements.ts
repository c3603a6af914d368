import type { PrismaClient, Project } from '@rankloop/db';
import { sourcesOf } from '../snapshots/create-snapshot.ts';

/** Judgements since the snapshot of the last round that worked; null when there was none. */
export async function countNewJudgements(
  prisma: PrismaClient,
  project: Pick<Project, 'id' | 'isDemo'>,
): Promise<number | null> {
  const lastRound = await prisma.round.findFirst({
    where: { projectId: project.id, state: 'succeeded' },
    orderBy: { number: 'desc' },
    select: { snapshot: { select: { createdAt: true } } },
  });
  const since = lastRound?.snapshot?.createdAt;
  if (since === undefined) return null;
  const excluded = await prisma.labelerExclusion.findMany({ where: { projectId: project.id } });
  return prisma.judgement.count({
    where: {
      projectId: project.id,
      revision: 1,
      labelerId: { notIn: excluded.map(({ labelerId }) => labelerId) },
      createdAt: { gt: since },
      source: { in: sourcesOf(project) },
    },
  });
}
