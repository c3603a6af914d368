import { AppError, type Me } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';

/** The person and the projects they reach; a site admin reaches all. */
export async function getMe(db: Pick<Db, 'prisma'>, userId: string): Promise<Me> {
  const user = await db.prisma.user.findUnique({ where: { id: userId }, include: { memberships: true } });
  if (!user) throw new AppError('not_found');
  const roles = new Map(user.memberships.map(({ projectId, role }) => [projectId, role]));
  const projects = await db.prisma.project.findMany({
    where: { archivedAt: null, ...(user.siteAdmin ? {} : { id: { in: [...roles.keys()] } }) },
    select: { id: true, slug: true, name: true, isDemo: true },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  return {
    id: user.id,
    name: user.name,
    email: user.email,
    siteAdmin: user.siteAdmin,
    projects: projects.map((project) => ({
      ...project,
      role: user.siteAdmin ? 'admin' : (roles.get(project.id) ?? 'labeler'),
    })),
  };
}
