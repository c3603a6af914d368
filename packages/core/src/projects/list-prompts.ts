import { Message, type PageQuery } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';
import { z } from 'zod';
import { olderThan, toTimePage } from '../shared/page.ts';

export interface ListPromptsOptions extends PageQuery {
  db: Pick<Db, 'prisma'>;
  projectId: string;
}

/** Prompts of a project, newest first. */
export async function listPrompts({ db, projectId, cursor, limit }: ListPromptsOptions) {
  const rows = await db.prisma.prompt.findMany({
    where: { projectId, ...olderThan(cursor) },
    include: { _count: { select: { completions: true } } },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit + 1,
  });
  return toTimePage(rows, limit, (row) => ({
    id: row.id,
    externalId: row.externalId,
    source: row.source,
    useCase: row.useCase,
    conversation: z.array(Message).parse(row.conversation),
    heldOut: row.heldOut,
    completions: row._count.completions,
    createdAt: row.createdAt.toISOString(),
  }));
}
