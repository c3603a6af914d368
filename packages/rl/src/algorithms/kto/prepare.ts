// Thumbs as outputs in tokens, each with an output of another prompt beside it for the baseline.

import { encodeTarget } from '../../data/encode-target.ts';
import type { Random } from '../../engine/random.ts';
import type { Tokenizer } from '../../tokenizers/tokenizer.ts';
import type { PairLimits } from '../dpo/pairs.ts';
import type { OutputSequence } from '../dpo/output-log-probs.ts';
import type { KtoExample } from './types.ts';

export interface PreparedThumb {
  readonly promptText: string;
  readonly isDesirable: boolean;
  /** > 0 */
  readonly weight: number;
  readonly output: OutputSequence;
  /** This prompt with an output of another one; null where all examples have one prompt. */
  readonly mismatched: OutputSequence | null;
}

/**
 * The mismatched output of an example is that of the next example with another prompt, in a random order that is drawn
 * once: so the reference's view of it is computed once, as TRL does. Examples of weight 0 are left out, and counted.
 */
export function prepareThumbs(
  tokenizer: Tokenizer,
  examples: readonly KtoExample[],
  limits: PairLimits,
  random: Random,
): { thumbs: PreparedThumb[]; skipped: number; truncated: number } {
  const counted = random.shuffled(examples.filter(({ weight }) => weight > 0));
  let truncated = 0;
  const encode = ({ promptText, conversation }: KtoExample, { output, isCutOff }: KtoExample) => {
    const target = { prompt: { text: promptText, conversation }, completion: output, isCutOff };
    const { ids, start, isTruncated } = encodeTarget(tokenizer, target, limits);
    return { promptIds: ids.slice(0, start), outputIds: ids.slice(start), isTruncated };
  };
  const thumbs = counted.map((example, i): PreparedThumb => {
    const { isTruncated, ...output } = encode(example, example);
    if (isTruncated) truncated += 1;
    const stranger = nextOfAnotherPrompt(counted, i);
    const { promptText, isDesirable, weight } = example;
    return {
      promptText,
      isDesirable,
      weight,
      output,
      mismatched: stranger === null ? null : encode(example, stranger),
    };
  });
  return { thumbs, skipped: examples.length - counted.length, truncated };
}

function nextOfAnotherPrompt(examples: readonly KtoExample[], from: number): KtoExample | null {
  const { promptText } = examples[from] ?? {};
  for (let step = 1; step < examples.length; step++) {
    const other = examples[(from + step) % examples.length];
    if (other !== undefined && other.promptText !== promptText) return other;
  }
  return null;
}
