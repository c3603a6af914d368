import type { SkipReason } from '@rankloop/contracts';
import { goldParts } from './gold.ts';
import { createRandom, hashText } from './random.ts';
import { rankByGold } from './rank-by-gold.ts';
import type { LabelerTraits } from './rank-by-gold.ts';

export type { LabelerTraits };

export interface SimulateRankingOptions {
  prompt: string;
  /** The outputs, in the order in which the answer's ranks are wanted. */
  outputs: readonly string[];
  /** Who judges: the same person sees the same task the same way every time. */
  labelerSeed: number;
  /** Overrides of this person's own traits, for controls and tests. */
  traits?: Partial<LabelerTraits>;
}

export type SimulatedRanking =
  /** 1 = best, equal = tie, null = not ranked. */
  | { outcome: 'ok'; ranks: (number | null)[] }
  | { outcome: 'unrankable' }
  | { outcome: 'skipped'; skipReason: SkipReason };

/** People differ: some are careful, some quick. */
export function labelerTraits(labelerSeed: number): LabelerTraits {
  const random = createRandom(hashText(`labeler ${labelerSeed}`));
  return {
    temperature: 0.04 + 0.06 * random.next(),
    mistakeRate: 0.02 + 0.06 * random.next(),
    tieWidth: 0.02 + 0.05 * random.next(),
    tieRate: 0.3 + 0.5 * random.next(),
    skipRate: 0.01 + 0.02 * random.next(),
    partialRate: 0.02 + 0.04 * random.next(),
  };
}

/** Below this well-formedness a text cannot be read as a review. */
const brokenForm = 0.05;

/** One person's ranking of one task: a pure function of its arguments. */
export function simulateRanking(options: SimulateRankingOptions): SimulatedRanking {
  const { prompt, outputs, labelerSeed } = options;
  const traits = { ...labelerTraits(labelerSeed), ...options.traits };
  const random = createRandom(hashText(`${labelerSeed}\n${prompt}\n${outputs.join('\n')}`));
  if (random.next() < traits.skipRate) return { outcome: 'skipped', skipReason: 'unclear' };
  const parts = outputs.map((output) => goldParts(prompt, output));
  if (parts.every(({ form }) => form < brokenForm)) return { outcome: 'unrankable' };

  const ranks = rankByGold({
    gold: parts.map(({ gold }) => gold),
    isSame: (first, second) => outputs[first]?.trim() === outputs[second]?.trim(),
    traits,
    random,
  });
  return { outcome: 'ok', ranks };
}
