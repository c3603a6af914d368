// From ranks to draws: each is one output taken from among several, as Luce's choice rule sees a ranking.

export interface Draw {
  /** Index of the output that was taken, within the task. */
  readonly winner: number;
  /** Those that it was taken from among, itself not counted; never empty. */
  readonly others: readonly number[];
}

/**
 * `plackett-luce`: the best is drawn from all, then the next best from those that are left, and so on; the last one is
 * certain and no draw. `pick-best`: the first of these only.
 *
 * Only ranked outputs take part: null says nothing, also not that the output is worse. Tied outputs are drawn each by
 * itself from those below. With ties `drop` they are not in each other's way, so nothing is said between them; with
 * `half` each is drawn while the others are there (Breslow 1974), which pulls their scores together, as the soft tie
 * of a pair does.
 */
export function drawsOfRanks(
  ranks: readonly (number | null)[],
  objective: 'plackett-luce' | 'pick-best',
  ties: 'drop' | 'half' = 'drop',
): Draw[] {
  const ranked = ranks.flatMap((rank, i) => (rank === null ? [] : [{ i, rank }]));
  const best = ranked.reduce((least, { rank }) => Math.min(least, rank), Infinity);
  const winners = objective === 'pick-best' ? ranked.filter(({ rank }) => rank === best) : ranked;
  return winners.flatMap(({ i, rank }) => {
    const left = ranked.filter((other) => other.rank > rank || (ties === 'half' && other.rank === rank));
    const others = left.filter((other) => other.i !== i).map((other) => other.i);
    return others.length === 0 ? [] : [{ winner: i, others }];
  });
}
