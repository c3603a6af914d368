import type { Random } from './random.ts';

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

export interface RankByGoldOptions {
  /** What the person would like each output for, in the order in which the answer's ranks are wanted. */
  gold: readonly number[];
  /** Whether two outputs read the same: those are always tied. */
  isSame: (first: number, second: number) => boolean;
  traits: LabelerTraits;
  random: Random;
}

/** Boltzmann order, then a mistake, ties between neighbours, and perhaps no rank for the last. */
export function rankByGold({ gold, isSame, traits, random }: RankByGoldOptions): (number | null)[] {
  const order = orderByBoltzmann(gold, traits.temperature, random.gumbel);
  if (random.next() < traits.mistakeRate) swapTwo(order, random.below);
  const ranks = rankWithTies(order, (first, second) => {
    const distance = Math.abs((gold[first] ?? 0) - (gold[second] ?? 0));
    return isSame(first, second) || (distance < traits.tieWidth && random.next() < traits.tieRate);
  });
  const last = order.at(-1);
  if (gold.length > 2 && last !== undefined && random.next() < traits.partialRate) ranks[last] = null;
  return ranks;
}

/** Plackett-Luce: sorting gold / T + Gumbel noise draws each next-best with probability softmax(gold / T). */
function orderByBoltzmann(gold: readonly number[], temperature: number, gumbel: () => number): number[] {
  const keyed = gold.map((value, index) => ({ index, key: value + temperature * gumbel() }));
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
