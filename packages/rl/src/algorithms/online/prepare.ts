// Scored samples as episodes.

import { encodePrompt } from '../../data/encode.ts';
import type { CausalLmConfig } from '../../models/causal-lm.ts';
import type { Tokenizer } from '../../tokenizers/tokenizer.ts';
import type { Episode } from '../ppo/episode.ts';
import type { OnlineExample } from './types.ts';

export interface ScoredSample extends Episode {
  readonly promptId: string;
  readonly drawnBy: string | undefined;
  /** As stored when it was drawn. */
  readonly storedLogProbs: readonly number[];
  readonly score: number;
  readonly weight: number;
}

export interface PreparedSamples {
  samples: ScoredSample[];
  unusable: number;
}

export function prepareSamples(
  examples: readonly OnlineExample[],
  { tokenizer, config }: { tokenizer: Tokenizer; config: CausalLmConfig },
): PreparedSamples {
  const longest = examples.reduce((most, { logProbs }) => Math.max(most, logProbs.length), 1);
  const { nPositions, bosTokenId, eosTokenId } = config;
  const samples = examples.flatMap((example) => {
    const responseIds = drawnTokens(example, config);
    const { maxNewTokens = longest } = example;
    // A policy that left so much room for outputs read more tokens in all than this one can.
    if (responseIds === null || maxNewTokens >= nPositions) return [];
    const { promptId, promptText: text, conversation, logProbs, score, weight, drawnBy } = example;
    const promptIds = encodePrompt(
      tokenizer,
      { text, conversation },
      { nPositions, maxNewTokens, startTokenId: bosTokenId ?? eosTokenId },
    );
    return [{ promptId, promptIds, responseIds, storedLogProbs: logProbs, score, weight, drawnBy }];
  });
  return { samples, unusable: examples.length - samples.length };
}

/** With the end token where it was drawn; null where nothing can be learned from the sample. */
function drawnTokens(
  { tokenIds, logProbs, score, weight }: OnlineExample,
  { vocabSize, eosTokenId, furtherEosTokenIds = [] }: CausalLmConfig,
): number[] | null {
  const hasEnded = logProbs.length === tokenIds.length + 1 && eosTokenId !== undefined;
  // The end token is not stored, and of several any one may have been drawn.
  if (hasEnded && furtherEosTokenIds.length > 0) return null;
  const responseIds = hasEnded ? [...tokenIds, eosTokenId] : [...tokenIds];
  const isComplete = responseIds.length > 0 && responseIds.length === logProbs.length;
  const isKnown = responseIds.every((id) => Number.isInteger(id) && id >= 0 && id < vocabSize);
  const areNumbers = [...logProbs, score, weight].every(Number.isFinite);
  return isComplete && isKnown && areNumbers && weight > 0 ? responseIds : null;
}
