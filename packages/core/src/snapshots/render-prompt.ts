import type { Message } from '@rankloop/contracts';

const SPEAKERS: Record<Message['role'], string> = { system: 'System', user: 'Human', assistant: 'Assistant' };

/**
 * The text that a model continues. A single message stands as it is; a conversation is written with its speakers and
 * ends where the assistant's turn begins.
 */
export function renderPrompt(conversation: readonly Message[]): string {
  const [only, ...others] = conversation;
  if (only?.role === 'user' && others.length === 0) return only.content;
  const turns = conversation.map(({ role, content }) => `${SPEAKERS[role]}: ${content}`);
  return [...turns, `${SPEAKERS.assistant}:`].join('\n\n');
}
