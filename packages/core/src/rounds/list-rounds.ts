import type { RoundSummary } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';
import { olderThan, toTimePage } from '../shared/page.ts';
import { readRoundFacts, ROUND_PARTS } from './read-round-facts.ts';
import { toRoundSummary } from './round-view.ts';

export interface ListRoundsOptions {
  prisma: PrismaClient;
  projectId: string;
  cursor?: string | undefined;
  limit: number;
}

/** Newest first. */
export async function listRounds(
  options: ListRoundsOptions,
): Promise<{ items: RoundSummary[]; nextCursor: string | null }> {
  const { prisma, projectId, cursor, limit } = options;
  const rows = await prisma.round.findMany({
    where: { projectId, ...olderThan(cursor) },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit + 1,
    include: ROUND_PARTS,
  });
  const page = toTimePage(rows, limit, (row) => row);
  const facts = await readRoundFacts(prisma, page.items);
  return { items: facts.map(toRoundSummary), nextCursor: page.nextCursor };
}
