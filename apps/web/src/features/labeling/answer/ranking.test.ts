import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  denseRanks,
  drop,
  nudge,
  orderInWords,
  place,
  settle,
  tiersOf,
  type Drop,
  type Places,
} from './ranking.ts';

const shown = ['a', 'b', 'c', 'd'];
const letters = (id: string) => id.toUpperCase();

describe('a ranking while it forms', () => {
  it('takes digits in any order and sends them without gaps', () => {
    const places = place(place(place({}, 'a', 7, true), 'b', 2, true), 'c', 2, true);
    expect(denseRanks(places, shown)).toEqual({ a: 2, b: 1, c: 1, d: null });
  });

  it('keeps a gap until every output was looked at, then closes it', () => {
    const places = { a: 3, b: 1, c: 1 };
    expect(settle(places, shown)).toBe(places);
    expect(settle({ ...places, d: null }, shown)).toEqual({ a: 2, b: 1, c: 1, d: null });
  });

  it('makes no tie where ties are off', () => {
    expect(place({ a: 1, b: 2 }, 'c', 1, false)).toEqual({ b: 2, c: 1 });
  });

  it('puts a dropped output between two others', () => {
    expect(tiersOf(drop({ a: 1, b: 2, c: 3 }, shown, 'd', { kind: 'gap', index: 1 }), shown)).toEqual([
      ['a'],
      ['d'],
      ['b'],
      ['c'],
    ]);
  });

  it('moves an output past others by the gap that was pointed at', () => {
    expect(tiersOf(drop({ a: 1, b: 2, c: 3 }, shown, 'a', { kind: 'gap', index: 3 }), shown)).toEqual([
      ['b'],
      ['c'],
      ['a'],
    ]);
  });

  it('ties an output dropped onto another', () => {
    expect(tiersOf(drop({ a: 1, b: 2, c: 3 }, shown, 'a', { kind: 'tie', index: 2 }), shown)).toEqual([
      ['b'],
      ['a', 'c'],
    ]);
  });

  it('changes nothing when an output is dropped onto itself', () => {
    const places = { a: 1, b: 2 };
    expect(drop(places, shown, 'a', { kind: 'tie', index: 0 })).toBe(places);
  });

  it('moves by half steps: into a tie, then past it', () => {
    const tied = nudge({ a: 1, b: 2 }, shown, 'b', 'up', true);
    expect(tiersOf(tied, shown)).toEqual([['a', 'b']]);
    expect(tiersOf(nudge(tied, shown, 'b', 'up', true), shown)).toEqual([['b'], ['a']]);
    expect(tiersOf(nudge({ a: 1, b: 2 }, shown, 'b', 'up', false), shown)).toEqual([['b'], ['a']]);
  });

  it('says the order in words', () => {
    expect(orderInWords({ b: 1, a: 2, c: 2 }, shown, letters)).toBe(
      'B first, then A and C tied. Not ranked: D.',
    );
    expect(orderInWords({}, shown, letters)).toBe('No order yet. Not ranked: A, B, C, D.');
  });

  it('never loses or invents an output, whatever is dropped where', () => {
    const anyDrop: fc.Arbitrary<Drop> = fc.oneof(
      fc.record({ kind: fc.constant('gap' as const), index: fc.nat(4) }),
      fc.record({ kind: fc.constant('tie' as const), index: fc.nat(3) }),
      fc.record({ kind: fc.constant('unranked' as const) }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...shown), anyDrop), { maxLength: 20 }), (drops) => {
        const places = drops.reduce<Places>((now, [id, to]) => drop(now, shown, id, to), {});
        const tiers = tiersOf(places, shown);
        expect(tiers.flat().every((id, i, all) => all.indexOf(id) === i)).toBe(true);
        const ranks = Object.values(denseRanks(places, shown)).filter((rank) => rank !== null);
        expect([...new Set(ranks)].sort()).toEqual(tiers.map((_, i) => i + 1));
      }),
    );
  });
});
