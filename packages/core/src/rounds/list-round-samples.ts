import { Message, type SampleRow } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';
import { z } from 'zod';
import { decodeIdCursor, encodeCursor } from '../shared/page.ts';
import { findRoundOfProject } from './find-round.ts';

export interface ListRoundSamplesOptions {
  prisma: PrismaClient;
  projectId: string;
  roundId: string;
  cursor?: string | undefined;
  limit: number;
}

const Policy = z.enum(['base', 'before', 'now']);

/** A page of prompts, each with every output drawn for it, oldest step first. Prompts followed live come first. */
export async function listRoundSamples(
  options: ListRoundSamplesOptions,
): Promise<{ items: SampleRow[]; nextCursor: string | null }> {
  const { prisma, roundId, limit } = options;
  await findRoundOfProject(prisma, options);
  const after = decodeIdCursor(options.cursor) ?? 0n;
  const prompts = await prisma.$queryRaw<{ promptId: string; first: bigint }[]>`
    SELECT "promptId", min("id") AS "first" FROM "round_sample" WHERE "roundId" = ${roundId}::uuid
    GROUP BY "promptId" HAVING min("id") > ${after} ORDER BY "first" LIMIT ${limit + 1}`;
  const shown = prompts.slice(0, limit);
  const promptIds = shown.map(({ promptId }) => promptId);
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
  const last = shown.at(-1);
  return {
    items: promptIds.map((promptId) => ({
      promptId,
      conversation: conversations.get(promptId) ?? [],
      outputs: samples
        .filter((sample) => sample.promptId === promptId)
        .map(({ policy, step, text, score, kl }) => ({
          policy: Policy.parse(policy),
          step,
          text,
          score,
          kl,
        })),
    })),
    nextCursor: prompts.length > limit && last ? encodeCursor([last.promptId, String(last.first)]) : null,
  };
}
