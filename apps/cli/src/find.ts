import type { Db } from '@rankloop/db';

/** People type e-mails, not ids. */
export async function getUserByEmail(db: Pick<Db, 'prisma'>, email: string): Promise<{ id: string }> {
  const user = await db.prisma.user.findUnique({ where: { email: email.toLowerCase() } });
  if (!user) throw new Error(`Nobody has an account with the e-mail ${email}.`);
  return user;
}

export async function getProjectBySlug(
  db: Pick<Db, 'prisma'>,
  slug: string,
): Promise<{ id: string; name: string }> {
  const project = await db.prisma.project.findUnique({ where: { slug } });
  if (project) return project;
  const known = await db.prisma.project.findMany({ select: { slug: true }, orderBy: { slug: 'asc' } });
  const names = known.map((row) => row.slug).join(', ');
  throw new Error(
    `There is no project called ${slug}. ${names === '' ? 'There is none yet.' : `There are: ${names}.`}`,
  );
}

/** In whose name the command line makes links: the oldest site admin's. */
export async function getFirstSiteAdmin(db: Pick<Db, 'prisma'>): Promise<{ userId: string }> {
  const admin = await db.prisma.user.findFirst({
    where: { siteAdmin: true, kind: 'person', disabledAt: null },
    orderBy: { createdAt: 'asc' },
  });
  if (!admin) throw new Error('Make a site admin first: npm run rankloop -- admin create');
  return { userId: admin.id };
}

/** Labelers are named by their pseudonym in the project. */
export async function getLabelerByPseudonym(
  db: Pick<Db, 'prisma'>,
  projectId: string,
  pseudonym: string,
): Promise<{ userId: string }> {
  const member = await db.prisma.membership.findUnique({
    where: { projectId_pseudonym: { projectId, pseudonym } },
  });
  if (!member)
    throw new Error(`Nobody in the project is called ${pseudonym}. Pseudonyms stand on the page People.`);
  return member;
}
