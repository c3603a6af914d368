import { Message } from '@rankloop/contracts';
import { z } from 'zod';
import type { ImportedRow } from '@rankloop/contracts';
import { IN_WORDS } from './issue-in-words.ts';

const ExternalId = z.union([z.string().min(1).max(200), z.number().transform(String)]);

/** Fields shared by both row kinds of our own: a prompt as text or as messages, with an optional id and use case. */
export const PromptFields = z.object({
  id: ExternalId.optional(),
  prompt: z.union([z.string().min(1).max(200_000), z.array(Message).min(1).max(200)]).optional(),
  messages: z.array(Message).min(1).max(200).optional(),
  use_case: z.string().max(100).optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});
type PromptFields = z.infer<typeof PromptFields>;

export const PromptRow = PromptFields.superRefine(requireOnePrompt);

export function requireOnePrompt(row: PromptFields, context: z.RefinementCtx): void {
  if ((row.prompt === undefined) === (row.messages === undefined)) {
    context.addIssue({ code: 'custom', path: ['prompt'], message: 'Give either "prompt" or "messages"' });
  }
  const last = conversationOf(row).at(-1);
  if (last?.role === 'assistant') {
    context.addIssue({
      code: 'custom',
      path: ['messages'],
      message: 'The conversation must end with a user message',
    });
  }
}

export function conversationOf(row: PromptFields): Message[] {
  if (row.messages) return row.messages;
  return typeof row.prompt === 'string' ? [{ role: 'user', content: row.prompt }] : (row.prompt ?? []);
}

/** A row with a prompt and nothing to judge yet: outputs are sampled by the project's policy. */
export function readPromptRow(value: unknown): ImportedRow[] {
  const row = PromptRow.parse(value, IN_WORDS);
  return [
    {
      externalId: row.id ?? null,
      conversation: conversationOf(row),
      useCase: row.use_case ?? null,
      metadata: row.metadata ?? {},
      responses: [],
      ranks: null,
    },
  ];
}
