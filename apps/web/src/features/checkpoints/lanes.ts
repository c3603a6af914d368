/** What a row of the tree shows of the lines that pass it, counted from the left. */
export interface Lanes {
  /** Of the checkpoint itself. */
  own: number;
  /** Lines of others, from top to bottom. */
  through: number[];
  /** Lines from above that end at this checkpoint beside its own: others were made of it too. */
  joins: number[];
  hasChild: boolean;
  hasParent: boolean;
}

/**
 * The tree of what came from what beside a list, the newest first: a line leads from each row down to the one that it
 * was made of. A line whose end is not in the list goes on to the bottom.
 */
export function lanesOf(rows: readonly { id: string; parentId: string | null }[]): Lanes[] {
  /** By lane: whom its line is waiting for. */
  const waiting: (string | null)[] = [];
  return rows.map(({ id, parentId }) => {
    const arriving = waiting.flatMap((one, lane) => (one === id ? [lane] : []));
    const free = waiting.indexOf(null);
    const own = arriving[0] ?? (free === -1 ? waiting.length : free);
    const through = waiting.flatMap((one, lane) => (one !== null && one !== id ? [lane] : []));
    for (const lane of arriving) waiting[lane] = null;
    waiting[own] = parentId;
    while (waiting.at(-1) === null) waiting.pop();
    return {
      own,
      through,
      joins: arriving.slice(1),
      hasChild: arriving.length > 0,
      hasParent: parentId !== null,
    };
  });
}

/** How many lanes stand beside each other at most. */
export function laneCount(lanes: readonly Lanes[]): number {
  return Math.max(1, ...lanes.map(({ own, through, joins }) => 1 + Math.max(own, ...through, ...joins)));
}
