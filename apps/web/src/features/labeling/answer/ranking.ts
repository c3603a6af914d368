/**
 * A ranking while it forms. A number is the place that the person gave, gaps allowed until it is sent;
 * null means "leave it unranked"; an output without an entry has not been looked at yet.
 */
export type Places = Readonly<Record<string, number | null>>;

/** Where a dragged output lands: before a tier, or into one as a tie. */
export type Drop = { kind: 'gap'; index: number } | { kind: 'tie'; index: number } | { kind: 'unranked' };

/** Outputs that share a place, best first; within a tier in the shown order. */
export function tiersOf(places: Places, shown: readonly string[]): string[][] {
  const levels = [...new Set(shown.map((id) => places[id]).filter((place) => typeof place === 'number'))];
  return levels.sort((a, b) => a - b).map((level) => shown.filter((id) => places[id] === level));
}

export function untouched(places: Places, shown: readonly string[]): string[] {
  return shown.filter((id) => places[id] === undefined);
}

/** Gives one output a place; with ties off, whoever had it loses it. */
export function place(places: Places, id: string, at: number | null, allowTies: boolean): Places {
  const others = Object.entries(places).filter(
    ([other, level]) => other !== id && (allowTies || at === null || level !== at),
  );
  return { ...Object.fromEntries(others), [id]: at };
}

export function clear(places: Places, id: string): Places {
  return Object.fromEntries(Object.entries(places).filter(([other]) => other !== id));
}

/** Puts an output where it was dropped; the others close up. Indexes count the tiers as they were before the move. */
export function drop(places: Places, shown: readonly string[], id: string, to: Drop): Places {
  if (to.kind === 'unranked') return fromTiers(places, without(tiersOf(places, shown), id), { [id]: null });
  const before = tiersOf(places, shown);
  if (to.kind === 'tie') {
    const target = before[to.index]?.find((other) => other !== id);
    if (target === undefined) return places;
    const tiers = before.map((tier) => {
      const rest = tier.filter((other) => other !== id);
      return tier.includes(target) ? [...rest, id] : rest;
    });
    return fromTiers(places, tiers, {});
  }
  const tiers = before.map((tier) => tier.filter((other) => other !== id));
  tiers.splice(to.index, 0, [id]);
  return fromTiers(places, tiers, {});
}

/**
 * One half step up or down: out of a tie into a place of its own, or into a tie with the neighbour.
 * With ties off, past the neighbour. An output without a place comes in at the end.
 */
export function nudge(
  places: Places,
  shown: readonly string[],
  id: string,
  direction: 'up' | 'down',
  allowTies: boolean,
): Places {
  const tiers = tiersOf(places, shown);
  const at = tiers.findIndex((tier) => tier.includes(id));
  if (at === -1) return drop(places, shown, id, { kind: 'gap', index: tiers.length });
  const alone = tiers[at]?.length === 1;
  if (!alone) return drop(places, shown, id, { kind: 'gap', index: direction === 'up' ? at : at + 1 });
  const neighbour = direction === 'up' ? at - 1 : at + 1;
  if (neighbour < 0 || neighbour >= tiers.length) return places;
  if (allowTies) return drop(places, shown, id, { kind: 'tie', index: neighbour });
  return drop(places, shown, id, { kind: 'gap', index: direction === 'up' ? neighbour : neighbour + 1 });
}

/** What is sent: dense ranks, null for every output without a place. */
export function denseRanks(places: Places, shown: readonly string[]): Record<string, number | null> {
  const tiers = tiersOf(places, shown);
  return Object.fromEntries(
    shown.map((id) => {
      const tier = tiers.findIndex((members) => members.includes(id));
      return [id, tier === -1 ? null : tier + 1];
    }),
  );
}

/** Closes gaps once every output has been looked at, so that the digits on screen are those that are sent. */
export function settle(places: Places, shown: readonly string[]): Places {
  return untouched(places, shown).length > 0 ? places : denseRanks(places, shown);
}

/** "B first, then A and C tied. Not ranked: D." */
export function orderInWords(
  places: Places,
  shown: readonly string[],
  letterOf: (id: string) => string,
): string {
  const tiers = tiersOf(places, shown).map((tier) => {
    const letters = tier.map(letterOf);
    return letters.length === 1
      ? (letters[0] ?? '')
      : `${letters.slice(0, -1).join(', ')} and ${letters.at(-1) ?? ''} tied`;
  });
  const rest = shown.filter((id) => typeof places[id] !== 'number').map(letterOf);
  const order = tiers.map((text, i) => (i === 0 ? `${text} first` : `then ${text}`)).join(', ');
  const unranked = rest.length === 0 ? '' : `Not ranked: ${rest.join(', ')}.`;
  return `${order === '' ? 'No order yet' : order}. ${unranked}`.trim();
}

function without(tiers: string[][], id: string): string[][] {
  return tiers.map((tier) => tier.filter((other) => other !== id));
}

function fromTiers(places: Places, tiers: string[][], extra: Record<string, null>): Places {
  const unranked = Object.entries(places).filter(([, level]) => level === null);
  const ranked = tiers
    .filter((tier) => tier.length > 0)
    .flatMap((tier, i) => tier.map((id) => [id, i + 1] as const));
  return { ...Object.fromEntries(unranked), ...extra, ...Object.fromEntries(ranked) };
}
