import type { JudgementOutcome, SkipReason } from '@rankloop/contracts';
import { z } from 'zod';

export const Source = z.enum(['person', 'imported', 'synthetic']);
export type Source = z.infer<typeof Source>;

export const OUTCOME_WORDS: Record<JudgementOutcome, string> = {
  ok: 'answered',
  skipped: 'skipped',
  unrankable: 'none can be ranked',
  both_bad: 'both bad',
};

export const SOURCE_WORDS: Record<Source, string> = {
  person: 'person',
  imported: 'import',
  synthetic: 'simulated labeler',
};

export function sourceWord(source: string): string {
  const known = Source.safeParse(source);
  return known.success ? SOURCE_WORDS[known.data] : source;
}

export const SKIP_WORDS: Record<SkipReason, string> = {
  unclear: 'unclear',
  no_expertise: 'not my subject',
  offensive: 'offensive',
  broken: 'broken',
  other: 'another reason',
};

const STRENGTH_WORDS = ['slightly', 'clearly', 'much'];

/** A signed strength in words; the first output is A. */
export function strengthInWords(strength: number): string {
  if (strength === 0) return 'about the same';
  return `${strength < 0 ? 'A' : 'B'} ${STRENGTH_WORDS[Math.abs(strength) - 1] ?? ''} better`;
}
