// Judgements as pairs of outputs in tokens.

import { outputTokens } from '../../data/encode-target.ts';
import { encodePrompt, promptTokens } from '../../data/encode.ts';
import { pairsOfRanks } from '../../data/pairs.ts';
import type { Tokenizer } from '../../tokenizers/tokenizer.ts';
import type { PreferenceExample } from '../types.ts';
import type { GivenPair } from './types.ts';

/** Two outputs of one prompt, of which people preferred one. */
export interface PreferencePair {
  readonly promptText: string;
  /** Context, never empty; its tokens are not part of any log-probability. */
  readonly promptIds: readonly number[];
  /** Never empty; the end-of-text token closes an output that was not cut. */
  readonly chosenIds: readonly number[];
  readonly rejectedIds: readonly number[];
  /** > 0 */
  readonly weight: number;
}

export interface PairLimits {
  /** Prompt and output together. */
  readonly maxTokens: number;
  readonly eosTokenId: number | undefined;
  readonly bosTokenId: number | undefined;
}

/** An output takes at most this share of the room, so that it is always read after some of its prompt. */
const LONGEST_OUTPUT_SHARE = 0.75;

export interface PreparedPairs {
  readonly pairs: PreferencePair[];
  readonly skippedJudgements: number;
  readonly truncatedPairs: number;
}

/**
 * Every ordered pair of every judgement; ties give none. A judgement's weight is shared by its pairs, so that it
 * counts the same for every K, as in the loss of the reward model.
 */
export function preparePairs(
  tokenizer: Tokenizer,
  examples: readonly PreferenceExample[],
  limits: PairLimits,
): PreparedPairs {
  const given: GivenPair[] = [];
  let skippedJudgements = 0;
  for (const { promptText, conversation, completions, cutOff = [], judgements } of examples) {
    for (const { ranks, weight } of judgements) {
      if (ranks.length !== completions.length) {
        throw new Error(`A judgement has ${ranks.length} ranks for ${completions.length} outputs.`);
      }
      const ordered = pairsOfRanks(ranks);
      if (ordered.length === 0 || weight <= 0) {
        skippedJudgements += 1;
        continue;
      }
      for (const { better, worse } of ordered) {
        const [chosen, rejected] = [completions[better] ?? '', completions[worse] ?? ''];
        const isCutOff = { chosen: cutOff[better] ?? false, rejected: cutOff[worse] ?? false };
        given.push({ promptText, conversation, chosen, rejected, isCutOff, weight: weight / ordered.length });
      }
    }
  }
  return { ...encodePairs(tokenizer, given, limits), skippedJudgements };
}

/** Pairs in tokens; those that count nothing are left out, and counted. */
export function encodePairs(
  tokenizer: Tokenizer,
  given: readonly GivenPair[],
  limits: PairLimits,
): PreparedPairs {
  const counted = given.filter(({ weight }) => weight > 0);
  let truncatedPairs = 0;
  const pairs = counted.map((pair): PreferencePair => {
    const { promptText, weight } = pair;
    const { isTruncated, ...ids } = encodePair(tokenizer, pair, limits);
    if (ids.chosenIds.length === 0 || ids.rejectedIds.length === 0) {
      throw new Error('An empty output needs a model with an end-of-text token.');
    }
    if (isTruncated) truncatedPairs += 1;
    return { promptText, ...ids, weight };
  });
  return { pairs, skippedJudgements: given.length - counted.length, truncatedPairs };
}

/** Both outputs are read after the same prompt, which gives way to the longer of them. */
function encodePair(
  tokenizer: Tokenizer,
  { promptText: text, conversation, chosen, rejected, isCutOff }: GivenPair,
  { maxTokens, eosTokenId, bosTokenId }: PairLimits,
) {
  const prompt = { text, conversation };
  const room = Math.max(1, Math.floor(maxTokens * LONGEST_OUTPUT_SHARE));
  const whole = [
    outputTokens(tokenizer, chosen, { eosTokenId, isCutOff: isCutOff?.chosen }),
    outputTokens(tokenizer, rejected, { eosTokenId, isCutOff: isCutOff?.rejected }),
  ];
  const [chosenIds = [], rejectedIds = []] = whole.map((ids) => ids.slice(0, room));
  const maxNewTokens = Math.max(chosenIds.length, rejectedIds.length);
  const startTokenId = bosTokenId ?? eosTokenId;
  const promptIds = encodePrompt(tokenizer, prompt, {
    nPositions: maxTokens,
    maxNewTokens,
    startTokenId,
  });
  const isTruncated =
    whole.some((ids) => ids.length > room) || promptTokens(tokenizer, prompt).length > promptIds.length;
  return { promptIds, chosenIds, rejectedIds, isTruncated };
}
