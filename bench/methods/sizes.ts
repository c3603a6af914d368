import type { WorldName } from '@rankloop/demo';

/** What is run; the same for every method. */
export interface Size {
  name: 'tiny' | 'quick' | 'full';
  worlds: readonly WorldName[];
  seeds: readonly number[];
  model: { layers: number; width: number; heads: number };
  base: { texts: number; steps: number; batchSize: number; learningRate: number };
  /** Judgements of pairs, in all; a method has no others. */
  labels: number;
  /** Outputs that a method may draw while it learns. */
  samples: number;
  /** Held-out prompts that policies are compared on, and how many outputs of each policy for each. */
  evaluation: { prompts: number; outputs: number };
  /**
   * Texts of other things, as the base read them: a corpus for what mixes one in, read little more than once, or its
   * own few texts are learned by heart; and others that measure what was forgotten.
   */
  notes: { corpus: number; heldOut: number };
}

export const seedsUpTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** "3" are the first three, "5..8" those from 5 to 8: parts of a study may run beside each other. */
export function seedsNamed(words: string): number[] {
  const [, first = '', last] = /^(\d+)(?:\.\.(\d+))?$/.exec(words) ?? [];
  if (last === undefined && Number(first) > 0) return seedsUpTo(Number(first));
  const seeds = seedsUpTo(Number(last)).filter((seed) => seed >= Number(first));
  if (seeds.length === 0) throw new Error(`"${words}" names no seeds: 3 or 5..8 would.`);
  return seeds;
}

export const SIZES: Record<Size['name'], Size> = {
  /** For a test: everything is called, nothing is learned. */
  tiny: {
    name: 'tiny',
    worlds: ['style'],
    seeds: [1],
    model: { layers: 1, width: 16, heads: 2 },
    base: { texts: 64, steps: 4, batchSize: 16, learningRate: 5e-3 },
    labels: 48,
    samples: 64,
    evaluation: { prompts: 12, outputs: 1 },
    notes: { corpus: 32, heldOut: 16 },
  },
  quick: {
    name: 'quick',
    worlds: ['style'],
    seeds: seedsUpTo(8),
    model: { layers: 1, width: 32, heads: 4 },
    base: { texts: 4_000, steps: 400, batchSize: 32, learningRate: 8e-3 },
    labels: 1_200,
    samples: 1_024,
    evaluation: { prompts: 160, outputs: 2 },
    notes: { corpus: 2_048, heldOut: 256 },
  },
  full: {
    name: 'full',
    worlds: ['style', 'summary', 'advice'],
    seeds: seedsUpTo(8),
    model: { layers: 2, width: 48, heads: 4 },
    base: { texts: 12_000, steps: 1_200, batchSize: 32, learningRate: 5e-3 },
    labels: 1_200,
    samples: 8_192,
    evaluation: { prompts: 150, outputs: 3 },
    notes: { corpus: 8_192, heldOut: 512 },
  },
};
