import { z } from 'zod';
import { MAX_RESPONSES, type ImportedRow } from '@rankloop/contracts';
import { IN_WORDS } from './issue-in-words.ts';
import { conversationOf, PromptFields, requireOnePrompt } from './prompts.ts';

const ResponseText = z.string().max(200_000);
const Response = z.union([
  ResponseText.transform((text) => ({ text, model: undefined, id: undefined })),
  z.object({ text: ResponseText, model: z.string().max(200).optional(), id: z.string().max(200).optional() }),
]);

export const ResponsesRow = PromptFields.extend({
  responses: z
    .array(Response)
    .min(1, 'Give at least one response')
    .max(MAX_RESPONSES, `At most ${MAX_RESPONSES} responses`),
  ranks: z.array(z.number().int().min(1).nullable()).optional(),
}).superRefine((row, context) => {
  requireOnePrompt(row, context);
  if (row.ranks && row.ranks.length !== row.responses.length) {
    context.addIssue({ code: 'custom', path: ['ranks'], message: 'Give one rank per response' });
  }
});

/** A prompt with given responses, of any model: one task. */
export function readResponsesRow(value: unknown): ImportedRow[] {
  const row = ResponsesRow.parse(value, IN_WORDS);
  return [
    {
      externalId: row.id ?? null,
      conversation: conversationOf(row),
      useCase: row.use_case ?? null,
      metadata: row.metadata ?? {},
      responses: row.responses.map(({ text, model, id }) => ({
        text,
        modelName: model ?? null,
        externalId: id ?? null,
      })),
      ranks: row.ranks ? denseRanks(row.ranks) : null,
    },
  ];
}

/** Closes gaps: [1, 4, 4, null] becomes [1, 2, 2, null]. */
export function denseRanks(ranks: readonly (number | null)[]): (number | null)[] {
  const used = [...new Set(ranks.filter((rank) => rank !== null))].sort((a, b) => a - b);
  return ranks.map((rank) => (rank === null ? null : used.indexOf(rank) + 1));
}
