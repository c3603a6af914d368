// A text that a policy is to write, in tokens.

import type { Tokenizer } from '../tokenizers/tokenizer.ts';
import { encodePrompt, promptTokens, type PromptContent } from './encode.ts';

/** A completion takes at most this share of the room, so that it is always read after some of its prompt. */
const LONGEST_COMPLETION_SHARE = 0.75;

export interface EncodedTarget {
  /** Prompt, completion and end-of-text token; the latter where the completion was not cut. */
  readonly ids: number[];
  /** Where the completion begins; at least 1. */
  readonly start: number;
  readonly isTruncated: boolean;
}

/**
 * Prompt and completion within `maxTokens`: a longer completion loses its end, and with it the end-of-text token, then
 * the prompt gives way from its start. A conversation is read through the model's chat template, as in sampling.
 *
 * @throws where the completion is empty and the model has no end-of-text token
 */
export function encodeTarget(
  tokenizer: Tokenizer,
  { prompt, completion }: { prompt: PromptContent; completion: string },
  limits: { maxTokens: number; eosTokenId: number | undefined; bosTokenId: number | undefined },
): EncodedTarget {
  const { maxTokens, eosTokenId, bosTokenId } = limits;
  const room = Math.max(1, Math.floor(maxTokens * LONGEST_COMPLETION_SHARE));
  const end = eosTokenId === undefined ? [] : [eosTokenId];
  const whole = [...tokenizer.encode(completion), ...end];
  if (whole.length === 0) throw new Error('An empty output needs a model with an end-of-text token.');
  const completionIds = whole.slice(0, room);
  const promptIds = encodePrompt(tokenizer, prompt, {
    nPositions: maxTokens,
    maxNewTokens: completionIds.length,
    startTokenId: bosTokenId ?? eosTokenId,
  });
  const isTruncated = whole.length > room || promptTokens(tokenizer, prompt).length > promptIds.length;
  return { ids: [...promptIds, ...completionIds], start: promptIds.length, isTruncated };
}
