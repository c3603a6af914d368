// A text that a policy is to write, in tokens.

import type { Tokenizer } from '../tokenizers/tokenizer.ts';
import { encodePrompt, promptTokens, type PromptContent } from './encode.ts';

/** A completion takes at most this share of the room, so that it is always read after some of its prompt. */
const LONGEST_COMPLETION_SHARE = 0.75;

export interface EncodedTarget {
  /** Prompt, completion and end-of-text token; the latter where the completion was not cut, here or when it was drawn. */
  readonly ids: number[];
  /** Where the completion begins; at least 1. */
  readonly start: number;
  readonly isTruncated: boolean;
}

interface Target {
  readonly prompt: PromptContent;
  readonly completion: string;
  /** Drawing stopped it at its longest: where it would have ended nobody knows. */
  readonly isCutOff?: boolean | undefined;
}

/**
 * Prompt and completion within `maxTokens`: a longer completion loses its end, and with it the end-of-text token, then
 * the prompt gives way from its start. A conversation is read through the model's chat template, as in sampling.
 *
 * @throws where the completion is empty and the model has no end-of-text token
 */
export function encodeTarget(
  tokenizer: Tokenizer,
  { prompt, completion, isCutOff }: Target,
  limits: { maxTokens: number; eosTokenId: number | undefined; bosTokenId: number | undefined },
): EncodedTarget {
  const { maxTokens, eosTokenId, bosTokenId } = limits;
  const room = Math.max(1, Math.floor(maxTokens * LONGEST_COMPLETION_SHARE));
  const whole = outputTokens(tokenizer, completion, { eosTokenId, isCutOff });
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

/**
 * An output as it is to be learned: its tokens and the end-of-text token. One that was cut off teaches no end, else the
 * policy would learn to stop in the middle; where it is empty there is nothing else to learn.
 */
export function outputTokens(
  tokenizer: Tokenizer,
  text: string,
  { eosTokenId, isCutOff = false }: { eosTokenId: number | undefined; isCutOff?: boolean | undefined },
): number[] {
  const ids = tokenizer.encode(text);
  const hasEnd = eosTokenId !== undefined && !(isCutOff && ids.length > 0);
  return hasEnd ? [...ids, eosTokenId] : ids;
}
