import { Message, SamplePolicy, type SampleOrder, type SampleRow } from '@rankloop/contracts';
import { Prisma, type PrismaClient } from '@rankloop/db';
import { z } from 'zod';
import { decodeIdCursor, encodeCursor } from '../shared/page.ts';
import { findRoundOfProject } from './find-round.ts';

export interface ListRoundSamplesOptions {
  prisma: PrismaClient;
  projectId: string;
  roundId: string;
  cursor?: string | undefined;
  limit: number;
  /** Words of the prompt or of an output; nothing when empty. */
  search?: string | undefined;
  order?: SampleOrder | undefined;
}

/** What each order sorts by, of the newest output "n" and the base's output "b"; the largest first, none last. */
const SORT: Record<SampleOrder, Prisma.Sql> = {
  // Prompts that were followed live come first.
  drawn: Prisma.sql`-p."first"`,
  score: Prisma.sql`n."score"`,
  change: Prisma.sql`n."score" - b."score"`,
  'worst-change': Prisma.sql`b."score" - n."score"`,
  kl: Prisma.sql`n."kl"`,
  // Outputs of a round were counted all or none.
  length: Prisma.sql`coalesce(n."tokens", length(n."text"))`,
};

/**
 * A page of prompts, each with every output drawn for it, oldest step first. The cursor is a place in the order and not a
 * value, because the outputs of a round that runs change their scores.
 */
export async function listRoundSamples(
  options: ListRoundSamplesOptions,
): Promise<{ items: SampleRow[]; nextCursor: string | null }> {
  const { prisma, roundId, limit } = options;
  await findRoundOfProject(prisma, options);
  const from = Number(decodeIdCursor(options.cursor) ?? 0n);
  const prompts = await findPrompts(options, from);
  const promptIds = prompts.slice(0, limit).map(({ promptId }) => promptId);
  const [samples, texts] = await Promise.all([
    prisma.roundSample.findMany({
      where: { roundId, promptId: { in: promptIds } },
      orderBy: [{ step: 'asc' }, { id: 'asc' }],
    }),
    prisma.prompt.findMany({ where: { id: { in: promptIds } }, select: { id: true, conversation: true } }),
  ]);
  const conversations = new Map(
    texts.map(({ id, conversation }) => [id, z.array(Message).parse(conversation)]),
  );
  return {
    items: promptIds.map((promptId) => ({
      promptId,
      conversation: conversations.get(promptId) ?? [],
      outputs: samples
        .filter((sample) => sample.promptId === promptId)
        .map(({ policy, step, text, tokens, score, kl }) => ({
          policy: SamplePolicy.parse(policy),
          step,
          text,
          tokens,
          score,
          kl,
        })),
    })),
    nextCursor: prompts.length > limit ? encodeCursor(['from', String(from + limit)]) : null,
  };
}

/** One more than a page, to know whether there is a next one. */
async function findPrompts(
  { prisma, roundId, limit, search = '', order = 'drawn' }: ListRoundSamplesOptions,
  from: number,
): Promise<{ promptId: string }[]> {
  const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`;
  return prisma.$queryRaw<{ promptId: string }[]>`
    WITH s AS MATERIALIZED (SELECT * FROM "round_sample" WHERE "roundId" = ${roundId}::uuid),
      p AS (SELECT "promptId", min("id") AS "first" FROM s GROUP BY "promptId"),
      n AS (SELECT DISTINCT ON ("promptId") * FROM s WHERE "policy" = 'now' ORDER BY "promptId", "step" DESC),
      b AS (SELECT DISTINCT ON ("promptId") * FROM s WHERE "policy" = 'base' ORDER BY "promptId", "step" DESC)
    SELECT p."promptId" FROM p LEFT JOIN n USING ("promptId") LEFT JOIN b USING ("promptId")
    WHERE ${search} = '' OR p."promptId" IN (SELECT s."promptId" FROM s WHERE s."text" ILIKE ${pattern})
      OR EXISTS (
        SELECT FROM "prompt" q, jsonb_array_elements(q."conversation") m
        WHERE q."id" = p."promptId" AND m->>'content' ILIKE ${pattern})
    ORDER BY ${SORT[order]} DESC NULLS LAST, p."first" OFFSET ${from} LIMIT ${limit + 1}`;
}
