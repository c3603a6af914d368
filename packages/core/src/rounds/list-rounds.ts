import type { RecipeName, RoundState, RoundSummary } from '@rankloop/contracts';
import type { Prisma, PrismaClient } from '@rankloop/db';
import { olderThan, toTimePage } from '../shared/page.ts';
import { readRoundFacts, ROUND_PARTS } from './read-round-facts.ts';
import { toRoundSummary } from './round-view.ts';

export interface ListRoundsOptions {
  prisma: PrismaClient;
  projectId: string;
  cursor?: string | undefined;
  limit: number;
  state?: RoundState | undefined;
  recipe?: RecipeName | undefined;
  /** A person's id, or `rule` for those that the project's own rule has started. */
  startedBy?: string | undefined;
  /** ISO times between which they were started. */
  since?: string | undefined;
  until?: string | undefined;
}

/** Newest first. */
export async function listRounds(
  options: ListRoundsOptions,
): Promise<{ items: RoundSummary[]; nextCursor: string | null }> {
  const { prisma, cursor, limit } = options;
  const rows = await prisma.round.findMany({
    where: { AND: [conditionOf(options), olderThan(cursor)] },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit + 1,
    include: ROUND_PARTS,
  });
  const page = toTimePage(rows, limit, (row) => row);
  const facts = await readRoundFacts(prisma, page.items);
  return { items: facts.map(toRoundSummary), nextCursor: page.nextCursor };
}

function conditionOf(options: ListRoundsOptions): Prisma.RoundWhereInput {
  const { projectId, state, recipe, startedBy, since, until } = options;
  return {
    projectId,
    ...(state !== undefined && { state }),
    ...(recipe !== undefined && { recipe }),
    ...(startedBy !== undefined &&
      (startedBy === 'rule' ? { isAutomatic: true } : { isAutomatic: false, createdById: startedBy })),
    createdAt: { ...(since !== undefined && { gte: since }), ...(until !== undefined && { lt: until }) },
  };
}
