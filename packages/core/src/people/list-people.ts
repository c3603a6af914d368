import { AppError, type PageQuery, type Person, type Role } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';
import { olderThan, toTimePage } from '../shared/page.ts';

interface MembershipRow {
  id: string;
  userId: string;
  role: Role;
  pseudonym: string;
  createdAt: Date;
  user: { name: string; email: string; disabledAt: Date | null };
}

const WITH_USER = { user: { select: { name: true, email: true, disabledAt: true } } };

export interface ListPeopleOptions extends PageQuery {
  db: Pick<Db, 'prisma'>;
  projectId: string;
}

/** Members of a project with how much they have judged, newest member first. */
export async function listPeople({ db, projectId, cursor, limit }: ListPeopleOptions) {
  const rows = await db.prisma.membership.findMany({
    where: { projectId, ...olderThan(cursor) },
    include: WITH_USER,
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit + 1,
  });
  const work = await findWork(
    db,
    projectId,
    rows.map(({ userId }) => userId),
  );
  return toTimePage(rows, limit, (row) => toPerson(row, work.get(row.userId)));
}

/** @throws AppError `not_found` */
export async function getPerson(db: Pick<Db, 'prisma'>, projectId: string, userId: string): Promise<Person> {
  const row = await db.prisma.membership.findUnique({
    where: { projectId_userId: { projectId, userId } },
    include: WITH_USER,
  });
  if (!row) throw new AppError('not_found');
  return toPerson(row, (await findWork(db, projectId, [userId])).get(userId));
}

interface Work {
  judgements: number;
  lastAt: Date | null;
}

async function findWork(db: Pick<Db, 'prisma'>, projectId: string, userIds: readonly string[]) {
  const groups = await db.prisma.judgement.groupBy({
    by: ['labelerId'],
    // An edit is a further revision of the same answer.
    where: { projectId, labelerId: { in: [...userIds] }, revision: 1 },
    _count: true,
    _max: { createdAt: true },
  });
  return new Map<string, Work>(
    groups.map((group) => [group.labelerId, { judgements: group._count, lastAt: group._max.createdAt }]),
  );
}

function toPerson(row: MembershipRow, work: Work | undefined): Person {
  return {
    userId: row.userId,
    name: row.user.name,
    email: row.user.email,
    role: row.role,
    pseudonym: row.pseudonym,
    disabledAt: row.user.disabledAt?.toISOString() ?? null,
    judgements: work?.judgements ?? 0,
    lastJudgementAt: work?.lastAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}
