import type { HistoryRow, PageQuery } from '@rankloop/contracts';
import type { Db } from '@rankloop/db';
import { olderThan, toTimePage } from '../shared/page.ts';
import { promptStart } from './prompt-start.ts';

export interface ListOwnHistoryOptions {
  db: Pick<Db, 'prisma'>;
  projectId: string;
  labelerId: string;
  page: PageQuery;
}

/** Own answers, newest task first, each with its newest revision. */
export async function listOwnHistory(
  options: ListOwnHistoryOptions,
): Promise<{ items: HistoryRow[]; nextCursor: string | null }> {
  const { prisma } = options.db;
  // Revision 1 stands for the lease, so that a revision does not move a row while somebody pages.
  const found = await prisma.judgement.findMany({
    where: {
      projectId: options.projectId,
      labelerId: options.labelerId,
      revision: 1,
      ...olderThan(options.page.cursor),
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: options.page.limit + 1,
    include: {
      lease: {
        select: {
          task: {
            select: {
              prompt: { select: { conversation: true } },
              project: { select: { editWindowMs: true } },
            },
          },
          judgements: { orderBy: { revision: 'desc' }, take: 1 },
        },
      },
    },
  });
  return toTimePage(found, options.page.limit, (row): HistoryRow => {
    const { task, judgements } = row.lease;
    const newest = judgements[0] ?? row;
    return {
      leaseId: row.leaseId,
      taskId: row.taskId,
      judgementId: newest.id,
      revision: newest.revision,
      outcome: newest.outcome,
      promptStart: promptStart(task.prompt.conversation),
      createdAt: row.createdAt.toISOString(),
      editableUntil: new Date(row.createdAt.getTime() + task.project.editWindowMs).toISOString(),
    };
  });
}
