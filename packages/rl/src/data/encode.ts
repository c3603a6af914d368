// Texts as the models read them.

import type { ChatMessage } from '../tokenizers/chat-template.ts';
import type { Tokenizer } from '../tokenizers/tokenizer.ts';

/** What an output answers. */
export interface PromptContent {
  /** As one text, which a model without a chat template continues. */
  readonly text: string;
  /** As messages, which a model with a chat template reads through it; such a model too reads `text` without them. */
  readonly conversation?: readonly ChatMessage[] | undefined;
}

/** Characters of a prompt by which its author knows it again. */
const SHOWN_CHARACTERS = 80;

/**
 * The one way a prompt becomes tokens, in sampling, training and scoring alike.
 *
 * @throws Error with the template's complaint and the prompt that it is about
 */
export function promptTokens(tokenizer: Tokenizer, { text, conversation }: PromptContent): number[] {
  if (conversation === undefined || tokenizer.chatTemplate === null) return tokenizer.encode(text);
  try {
    return tokenizer.encodeChat(conversation);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${reason} (the prompt begins: ${text.slice(0, SHOWN_CHARACTERS)})`, { cause });
  }
}

/**
 * The prompt in at most `room` tokens. A conversation first loses its oldest exchanges, whole, so that what is left
 * has the form that the model knows; then, as plain text does from the beginning, the start of what is left.
 */
function promptTokensWithin(tokenizer: Tokenizer, prompt: PromptContent, room: number): number[] {
  const ids = promptTokens(tokenizer, prompt);
  if (ids.length <= room) return ids;
  const shorter = withoutOldestExchange(prompt);
  if (shorter !== null && tokenizer.chatTemplate !== null)
    return promptTokensWithin(tokenizer, shorter, room);
  return ids.slice(ids.length - room);
}

/** A question and its answer less; what the system says stays. Null where one message is left to answer. */
function withoutOldestExchange({ text, conversation = [] }: PromptContent): PromptContent | null {
  const first = conversation[0]?.role === 'system' ? 1 : 0;
  if (conversation.length - first < 3) return null;
  return { text, conversation: [...conversation.slice(0, first), ...conversation.slice(first + 2)] };
}

/**
 * The one way a text reaches a reward model, in training, evaluation and PPO alike:
 * prompt, output, end-of-text token. An output is always read from its text, never from drawn token ids, so that it
 * gets the score that the same text gets from a person's list.
 */
export function encodeForReward(
  tokenizer: Tokenizer,
  text: { prompt: PromptContent; completion: string },
  limits: { maxTokens: number; eosTokenId: number | undefined },
): { ids: number[]; isTruncated: boolean } {
  const prompt = promptTokens(tokenizer, text.prompt);
  const end = limits.eosTokenId === undefined ? [] : [limits.eosTokenId];
  const completion = [...tokenizer.encode(text.completion), ...end];
  const all = [...prompt, ...completion];
  if (all.length === 0) throw new Error('An empty prompt with an empty output cannot be scored.');
  if (all.length <= limits.maxTokens) return { ids: all, isTruncated: false };
  // The prompt gives way first, from its start, down to a quarter of the room; then the output, from its end.
  const promptRoom = Math.max(limits.maxTokens - completion.length, Math.floor(limits.maxTokens / 4));
  const keptPrompt = promptTokensWithin(tokenizer, text.prompt, promptRoom);
  return { ids: [...keptPrompt, ...completion].slice(0, limits.maxTokens), isTruncated: true };
}

/** Prompt ids that leave room for `maxNewTokens`; never empty. */
export function encodePrompt(
  tokenizer: Tokenizer,
  prompt: PromptContent,
  limits: { nPositions: number; maxNewTokens: number; startTokenId: number | undefined },
): number[] {
  const room = limits.nPositions - limits.maxNewTokens;
  if (room < 1) {
    throw new Error(
      `The longest output is ${limits.maxNewTokens} tokens, but the model reads ${limits.nPositions} in all: ask for less.`,
    );
  }
  const ids = promptTokensWithin(tokenizer, prompt, room);
  if (ids.length > 0) return ids;
  if (limits.startTokenId === undefined) throw new Error('An empty prompt needs a model with a start token.');
  return [limits.startTokenId];
}

/** The text of drawn tokens; the end-of-text token is not part of it. */
export function completionText(
  tokenizer: Tokenizer,
  drawn: { readonly ids: readonly number[]; readonly finished: 'eos' | 'length' | 'stop' },
): string {
  const ids = drawn.finished === 'eos' ? drawn.ids.slice(0, -1) : drawn.ids;
  return ids.length === 0 ? '' : tokenizer.decode(ids);
}
