import { Message } from '@rankloop/contracts';
import { z } from 'zod';

const MAX_CHARACTERS = 120;

/** The beginning of the last user message on one line, for lists. */
export function promptStart(conversation: unknown): string {
  const messages = z.array(Message).safeParse(conversation).data ?? [];
  const last = messages.findLast((message) => message.role === 'user') ?? messages.at(-1);
  const line = (last?.content ?? '').replace(/\s+/g, ' ').trim();
  return line.length > MAX_CHARACTERS ? `${line.slice(0, MAX_CHARACTERS - 1)}…` : line;
}
