import type { AuditRow, PageQuery } from '@rankloop/contracts';
import type { AuditEvent, Db } from '@rankloop/db';
import { z } from 'zod';
import { decodeIdCursor, toPage } from '../shared/page.ts';

const Detail = z.record(z.string(), z.unknown());

export interface ListAuditOptions extends PageQuery {
  db: Pick<Db, 'prisma'>;
  projectId: string;
}

/** Who did what in a project, newest first. */
export async function listAudit({ db, projectId, cursor, limit }: ListAuditOptions) {
  const rows = await db.prisma.auditEvent.findMany({
    where: { projectId, ...beforeId(cursor) },
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  const names = await findNames(db, projectId, rows);
  return toPage(
    rows,
    limit,
    (row): AuditRow => ({
      id: String(row.id),
      at: row.at.toISOString(),
      actor: row.actorId === null ? null : (names.get(row.actorId) ?? null),
      action: row.action,
      subjectType: row.subjectType,
      subjectId: row.subjectId,
      subject: row.subjectId === null ? null : (names.get(row.subjectId) ?? null),
      detail: Detail.safeParse(row.detail).data ?? {},
    }),
    (row) => [row.at.toISOString(), String(row.id)],
  );
}

/** What people call the persons and rounds of some rows, by id. */
async function findNames(
  { prisma }: ListAuditOptions['db'],
  projectId: string,
  rows: readonly AuditEvent[],
): Promise<ReadonlyMap<string, string>> {
  const subjectsOf = (type: string) =>
    rows.flatMap((row) => (row.subjectType === type && row.subjectId !== null ? [row.subjectId] : []));
  const userIds = [...rows.flatMap(({ actorId }) => actorId ?? []), ...subjectsOf('user')];
  const [users, rounds] = await Promise.all([
    prisma.user.findMany({
      where: { id: { in: [...new Set(userIds)] } },
      select: { id: true, name: true },
    }),
    prisma.round.findMany({
      where: { projectId, id: { in: [...new Set(subjectsOf('round'))] } },
      select: { id: true, number: true },
    }),
  ]);
  return new Map([
    ...users.map(({ id, name }) => [id, name] as const),
    ...rounds.map(({ id, number }) => [id, `Round ${number}`] as const),
  ]);
}

function beforeId(cursor: string | undefined) {
  const id = decodeIdCursor(cursor);
  return id === undefined ? {} : { id: { lt: id } };
}
