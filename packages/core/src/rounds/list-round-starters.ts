import type { PrismaClient } from '@rankloop/db';

/** People who have started rounds of the project, by name. */
export async function listRoundStarters(options: {
  prisma: PrismaClient;
  projectId: string;
}): Promise<{ items: { id: string; name: string }[] }> {
  const { prisma, projectId } = options;
  const rounds = await prisma.round.findMany({
    where: { projectId, isAutomatic: false, createdById: { not: null } },
    distinct: ['createdById'],
    select: { createdById: true },
  });
  const ids = rounds.flatMap(({ createdById }) => (createdById === null ? [] : [createdById]));
  const items = await prisma.user.findMany({
    where: { id: { in: ids } },
    orderBy: [{ name: 'asc' }, { id: 'asc' }],
    select: { id: true, name: true },
  });
  return { items };
}
