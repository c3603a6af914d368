/** A seeded source of numbers: the demo must come out the same on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next: () => number;
  /** Uniform integer in [0, bound). */
  below: (bound: number) => number;
  pick: <T>(items: readonly T[]) => T;
  /** Index i with probability weights[i] / sum(weights). */
  weighted: (weights: readonly number[]) => number;
  /** Standard normal (Box-Muller). */
  normal: () => number;
  /** Standard Gumbel, for Boltzmann choices: argmax(u + gumbel) ~ softmax(u). */
  gumbel: () => number;
  shuffle: <T>(items: readonly T[]) => T[];
}

/** mulberry32: 32 bits of state, good enough for texts and simulated people. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (bound: number): number => Math.floor(next() * bound);
  // Away from 0, where the logarithms below are infinite.
  const open = (): number => Math.max(next(), 1e-12);
  return {
    next,
    below,
    pick<T>(items: readonly T[]): T {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error('Nothing to pick from.');
      return item;
    },
    weighted(weights) {
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      let left = next() * total;
      for (const [index, weight] of weights.entries()) {
        left -= weight;
        if (left < 0) return index;
      }
      return weights.length - 1;
    },
    normal: () => Math.sqrt(-2 * Math.log(open())) * Math.cos(2 * Math.PI * next()),
    gumbel: () => -Math.log(-Math.log(open())),
    shuffle<T>(items: readonly T[]): T[] {
      const keyed = items.map((item) => ({ item, key: next() }));
      return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
    },
  };
}

/** FNV-1a: the same text gives the same seed everywhere. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
