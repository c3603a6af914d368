import { createHash } from 'node:crypto';
import { Message } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';
import { z } from 'zod';
import { renderPrompt } from '../snapshots/render-prompt.ts';

export interface PromptText {
  id: string;
  /** What a model without a chat template continues. */
  text: string;
  /** What a model with one reads. */
  conversation: Message[];
}

export interface RoundPrompts {
  /** PPO draws its outputs for these. */
  training: PromptText[];
  /** Base and new policy are compared on these; none of them trained anything in this round. */
  comparing: PromptText[];
  /** These get new outputs. */
  next: PromptText[];
}

interface PromptRow {
  id: string;
  conversation: unknown;
  heldOut: boolean;
  tasks: number;
}

/** When no prompts are held out, at most this share of the others is kept back to compare on. */
const KEPT_BACK_SHARE = 0.1;

/**
 * Which prompts serve for what. The choice depends on the seed and the prompts alone, so that a resumed round chooses
 * the same.
 */
export async function chooseRoundPrompts(options: {
  prisma: PrismaClient;
  projectId: string;
  /** Prompts whose judgements train the reward model: never compared on. */
  judged: ReadonlySet<string>;
  comparePrompts: number;
  newTasks: number;
  seed: number;
  roundId: string;
}): Promise<RoundPrompts> {
  const { prisma, projectId, judged, comparePrompts, newTasks, seed, roundId } = options;
  // Tasks of this very round are not there yet; a retry must not see another attempt's.
  const rows = await prisma.$queryRaw<PromptRow[]>`
    SELECT p."id", p."conversation", p."heldOut",
      (SELECT count(*)::int FROM "task" t WHERE t."promptId" = p."id" AND t."roundId" IS DISTINCT FROM ${roundId}::uuid) AS "tasks"
    FROM "prompt" p WHERE p."projectId" = ${projectId}::uuid`;
  const texts = rows.map((row) => {
    const conversation = z.array(Message).parse(row.conversation);
    return { ...row, conversation, text: renderPrompt(conversation) };
  });
  // Told apart by what the model reads: one text under two ids must not train here and be compared on there.
  const judgedTexts = new Set(texts.filter(({ id }) => judged.has(id)).map(({ text }) => text));
  const shuffled = shuffleBySeed(texts, seed);
  const heldOut = shuffled.filter((row) => row.heldOut && !judgedTexts.has(row.text));
  const heldOutTexts = new Set(heldOut.map(({ text }) => text));
  const open = shuffled.filter((row) => !row.heldOut && !heldOutTexts.has(row.text));
  const kept =
    heldOut.length > 0
      ? []
      : open
          .filter(({ text }) => !judgedTexts.has(text))
          .slice(0, Math.min(comparePrompts, Math.floor(open.length * KEPT_BACK_SHARE)));
  const keptTexts = new Set(kept.map(({ text }) => text));
  const training = open.filter(({ text }) => !keptTexts.has(text));
  // Those with the fewest tasks first; the sort is stable, so equals stay shuffled.
  const next = shuffleBySeed(training, `${seed} ${roundId}`).sort((a, b) => a.tasks - b.tasks);
  return {
    training: training.map(toText),
    comparing: (heldOut.length > 0 ? heldOut : kept).slice(0, comparePrompts).map(toText),
    next: next.slice(0, newTasks).map(toText),
  };
}

function toText({ id, text, conversation }: PromptText): PromptText {
  return { id, text, conversation };
}

function shuffleBySeed<T extends { id: string }>(rows: readonly T[], seed: number | string): T[] {
  const keyed = rows.map((row) => ({
    row,
    key: createHash('sha256').update(`${seed} ${row.id}`).digest('hex'),
  }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ row }) => row);
}
