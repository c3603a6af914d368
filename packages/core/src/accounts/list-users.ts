import type { PageQuery } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';
import { olderThan, toTimePage } from '../shared/page.ts';

/** Everyone who can sign in, newest first. */
export async function listUsers(db: Pick<Db, 'prisma'>, { cursor, limit }: PageQuery) {
  const rows = await db.prisma.user.findMany({
    where: { kind: 'person', ...olderThan(cursor) },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit + 1,
  });
  return toTimePage(rows, limit, (user) => ({
    id: user.id,
    name: user.name,
    email: user.email,
    siteAdmin: user.siteAdmin,
    disabledAt: user.disabledAt?.toISOString() ?? null,
    createdAt: user.createdAt.toISOString(),
  }));
}
