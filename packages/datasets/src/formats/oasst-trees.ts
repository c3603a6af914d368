import type { Message } from '@rankloop/contracts';
import { z } from 'zod';
import { BadLineError } from '../lines/parse-json-line.ts';
import { MAX_RESPONSES, type ImportedRow } from '@rankloop/contracts';
import { IN_WORDS } from './issue-in-words.ts';
import { denseRanks } from './responses.ts';

const TreeMessage = z.object({
  message_id: z.string().min(1).max(200),
  text: z.string().max(200_000),
  role: z.enum(['prompter', 'assistant']),
  rank: z.number().int().min(0).nullish(),
  deleted: z.boolean().nullish(),
  lang: z.string().max(20).nullish(),
  replies: z.array(z.unknown()).nullish(),
});
type TreeMessage = z.infer<typeof TreeMessage>;

export const OasstTreeRow = z.object({ message_tree_id: z.string().min(1).max(200), prompt: z.unknown() });

const MAX_TURNS = 200;

/**
 * Each message with two or more assistant replies becomes one task: the way down to it is the conversation.
 * A set that is ranked only in part keeps its ranks; the others are "not ranked".
 */
export function readOasstTreeRow(value: unknown): ImportedRow[] {
  const tree = OasstTreeRow.parse(value, IN_WORDS);
  const rows: ImportedRow[] = [];
  const open: { message: TreeMessage; conversation: Message[] }[] = [
    { message: parseMessage(tree.prompt, '/prompt'), conversation: [] },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { message } = next;
    const conversation: Message[] = [
      ...next.conversation,
      { role: message.role === 'prompter' ? 'user' : 'assistant', content: message.text },
    ];
    if (conversation.length > MAX_TURNS)
      throw new BadLineError('too_deep', `A thread has more than ${MAX_TURNS} turns`);
    const replies = (message.replies ?? [])
      .map((reply, i) => parseMessage(reply, `${message.message_id}/replies/${i}`))
      .filter((reply) => reply.deleted !== true);
    const answers = replies.filter((reply) => reply.role === 'assistant');
    if (message.role === 'prompter' && answers.length >= 2) {
      rows.push(toRow(message, answers.slice(0, MAX_RESPONSES), conversation));
    }
    for (const reply of replies) open.push({ message: reply, conversation });
  }
  return rows;
}

function parseMessage(value: unknown, path: string): TreeMessage {
  const parsed = TreeMessage.safeParse(value, IN_WORDS);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new BadLineError(
    'bad_message',
    `${path}/${issue?.path.join('/') ?? ''}: ${issue?.message ?? 'not a message'}`,
  );
}

function toRow(message: TreeMessage, answers: readonly TreeMessage[], conversation: Message[]): ImportedRow {
  const ranks = denseRanks(answers.map((answer) => (answer.rank == null ? null : answer.rank + 1)));
  return {
    externalId: message.message_id,
    conversation,
    useCase: null,
    metadata: message.lang == null ? {} : { lang: message.lang },
    responses: answers.map((answer) => ({
      text: answer.text,
      modelName: null,
      externalId: answer.message_id,
    })),
    ranks: ranks.filter((rank) => rank !== null).length >= 2 ? ranks : null,
  };
}
