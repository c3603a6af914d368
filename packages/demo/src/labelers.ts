import type { SkipReason } from '@rankloop/contracts';
import { goldParts } from './gold.ts';
import type { GoldParts } from './gold.ts';
import { createRandom, hashText } from './random.ts';

/** How one synthetic person sees and errs. Every figure is a probability unless it says otherwise. */
export interface LabelerTraits {
  /** Of the Boltzmann choice, in units of gold: 0.06 orders outputs 0.1 apart rightly 84 times in 100. */
  temperature: number;
  /** Two outputs land in each other's place. */
  mistakeRate: number;
  /** Neighbours closer than this in gold count as equal to this person ... */
  tieWidth: number;
  /** ... and are then tied this often. */
  tieRate: number;
  skipRate: number;
  /** The last of an otherwise complete ranking is left out. */
  partialRate: number;
}

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

  const order = orderByBoltzmann(parts, traits.temperature, random.gumbel);
  if (random.next() < traits.mistakeRate) swapTwo(order, random.below);
  const ranks = rankWithTies(order, (first, second) => {
    const distance = Math.abs((parts[first]?.gold ?? 0) - (parts[second]?.gold ?? 0));
    const isSame = outputs[first]?.trim() === outputs[second]?.trim();
    return isSame || (distance < traits.tieWidth && random.next() < traits.tieRate);
  });
  const last = order.at(-1);
  if (outputs.length > 2 && last !== undefined && random.next() < traits.partialRate) ranks[last] = null;
  return { outcome: 'ok', ranks };
}

/** Plackett-Luce: sorting gold / T + Gumbel noise draws each next-best with probability softmax(gold / T). */
function orderByBoltzmann(parts: readonly GoldParts[], temperature: number, gumbel: () => number): number[] {
  const keyed = parts.map(({ gold }, index) => ({ index, key: gold + temperature * gumbel() }));
  return keyed.sort((a, b) => b.key - a.key).map(({ index }) => index);
}

function swapTwo(order: number[], below: (bound: number) => number): void {
  const [first, second] = [below(order.length), below(order.length)];
  const [atFirst, atSecond] = [order[first], order[second]];
  if (atFirst === undefined || atSecond === undefined) return;
  order[first] = atSecond;
  order[second] = atFirst;
}

/** Ranks are dense: 1, 1, 2, ... */
function rankWithTies(
  order: readonly number[],
  isTie: (first: number, second: number) => boolean,
): (number | null)[] {
  const ranks: (number | null)[] = order.map(() => null);
  let rank = 0;
  for (const [place, output] of order.entries()) {
    const above = order[place - 1];
    if (above === undefined || !isTie(above, output)) rank += 1;
    ranks[output] = rank;
  }
  return ranks;
}
