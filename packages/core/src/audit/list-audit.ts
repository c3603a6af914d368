import type { AuditRow, PageQuery } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';
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
  const actorIds = [...new Set(rows.flatMap(({ actorId }) => actorId ?? []))];
  const actors = await db.prisma.user.findMany({
    where: { id: { in: actorIds } },
    select: { id: true, name: true },
  });
  const names = new Map(actors.map(({ id, name }) => [id, name]));
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
      detail: Detail.safeParse(row.detail).data ?? {},
    }),
    (row) => [row.at.toISOString(), String(row.id)],
  );
}

function beforeId(cursor: string | undefined) {
  const id = decodeIdCursor(cursor);
  return id === undefined ? {} : { id: { lt: id } };
}
