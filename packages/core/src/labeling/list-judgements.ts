import type { JudgementOutcome, PageQuery } from '@rankloop/contracts';
import type { Db, Judgement } from '@rankloop/db';
import { olderThan, toTimePage } from '../shared/page.ts';
import { promptStart } from './prompt-start.ts';

export interface ListJudgementsOptions {
  db: Pick<Db, 'prisma'>;
  projectId: string;
  query: PageQuery & {
    outcome?: JudgementOutcome | undefined;
    source?: 'person' | 'imported' | 'synthetic' | undefined;
    labeler?: string | undefined;
  };
}

export interface JudgementRow {
  id: string;
  taskId: string;
  labeler: string;
  source: string;
  outcome: JudgementOutcome;
  revision: number;
  summary: string;
  promptStart: string;
  activeMs: number;
  createdAt: string;
}

/** Answers in force (the newest revision of each lease), newest first; people appear under their pseudonym. */
export async function listJudgements(
  options: ListJudgementsOptions,
): Promise<{ items: JudgementRow[]; nextCursor: string | null }> {
  const { prisma } = options.db;
  const { outcome, source, labeler, cursor, limit } = options.query;
  const people = await readPseudonyms(prisma, options.projectId);
  const labelerIds =
    labeler === undefined ? undefined : [...people].filter(([, name]) => name === labeler).map(([id]) => id);
  const found = await prisma.judgement.findMany({
    where: {
      projectId: options.projectId,
      ...(outcome && { outcome }),
      ...(source && { source }),
      ...(labelerIds && { labelerId: { in: labelerIds } }),
      AND: olderThan(cursor),
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit + 1,
    include: {
      lease: {
        select: {
          task: { select: { prompt: { select: { conversation: true } } } },
          judgements: { orderBy: { revision: 'desc' }, take: 1, select: { revision: true } },
        },
      },
    },
  });
  const page = toTimePage(found, limit, (row) => ({
    isInForce: (row.lease.judgements[0]?.revision ?? row.revision) === row.revision,
    item: {
      id: row.id,
      taskId: row.taskId,
      labeler: people.get(row.labelerId) ?? 'former member',
      source: row.source,
      outcome: row.outcome,
      revision: row.revision,
      summary: summarise(row),
      promptStart: promptStart(row.lease.task.prompt.conversation),
      activeMs: row.activeMs,
      createdAt: row.createdAt.toISOString(),
    },
  }));
  return {
    items: page.items.filter(({ isInForce }) => isInForce).map(({ item }) => item),
    nextCursor: page.nextCursor,
  };
}

/** user id -> pseudonym in this project */
export async function readPseudonyms(prisma: Db['prisma'], projectId: string): Promise<Map<string, string>> {
  const members = await prisma.membership.findMany({
    where: { projectId },
    select: { userId: true, pseudonym: true },
  });
  return new Map(members.map((member) => [member.userId, member.pseudonym]));
}

/** "B > A = C, not ranked: D", in letters of the order shown. */
export function summarise(
  row: Pick<Judgement, 'outcome' | 'skipReason' | 'ranks' | 'strength' | 'edits' | 'scores' | 'shownOrder'>,
): string {
  if (row.outcome === 'skipped') return `skipped: ${row.skipReason ?? 'no reason'}`;
  if (row.outcome === 'unrankable') return 'none can be ranked';
  if (row.outcome === 'both_bad') return 'both bad';
  if (isRecord(row.ranks)) return describeRanks(row.ranks, row.shownOrder);
  if (row.strength !== null) return describeStrength(row.strength);
  if (isRecord(row.edits) && Object.keys(row.edits).length > 0) return 'corrected';
  return isRecord(row.scores) ? 'rated' : 'answered';
}

function describeRanks(ranks: Record<string, unknown>, shownOrder: readonly string[]): string {
  const byRank = new Map<number, string[]>();
  const unranked: string[] = [];
  shownOrder.forEach((id, position) => {
    const letter = String.fromCharCode(65 + position);
    const rank = ranks[id];
    if (typeof rank === 'number') byRank.set(rank, [...(byRank.get(rank) ?? []), letter]);
    else unranked.push(letter);
  });
  const order = [...byRank].sort(([a], [b]) => a - b).map(([, letters]) => letters.join(' = '));
  return order.join(' > ') + (unranked.length > 0 ? `, not ranked: ${unranked.join(', ')}` : '');
}

function describeStrength(strength: number): string {
  if (strength === 0) return 'A = B';
  const words = ['slightly', 'clearly', 'much'][Math.abs(strength) - 1] ?? '';
  return `${strength < 0 ? 'A' : 'B'} ${words} better`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
