import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../engine/random.ts';
import { pairFirstRound, pairTournament } from './pairing.ts';

const rewardsOf = (max: number) => fc.array(fc.integer({ min: 0, max }), { minLength: 1, maxLength: 12 });

describe('pairs of scored outputs', () => {
  it('have the strictly better output first', () => {
    fc.assert(
      fc.property(rewardsOf(5), fc.nat(), (rewards, seed) => {
        for (const pairOutputs of [pairFirstRound, pairTournament]) {
          for (const { better, worse } of pairOutputs(rewards, new Random(seed)).pairs)
            expect(rewards[better]).toBeGreaterThan(rewards[worse] ?? NaN);
        }
      }),
      { seed: 1 },
    );
  });

  it('of a first round are n / 2, and nobody is in two', () => {
    fc.assert(
      fc.property(rewardsOf(5), fc.nat(), (rewards, seed) => {
        const { pairs, ties } = pairFirstRound(rewards, new Random(seed));
        expect(pairs.length + ties).toBe(Math.floor(rewards.length / 2));
        const players = pairs.flatMap(({ better, worse }) => [better, worse]);
        expect(new Set(players).size).toBe(players.length);
      }),
      { seed: 1 },
    );
  });

  it('of a tournament are n - 1: everybody but its winner loses once', () => {
    const distinct = fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(distinct, fc.nat(), (rewards, seed) => {
        const { pairs, ties } = pairTournament(rewards, new Random(seed));
        expect(ties).toBe(0);
        const losers = pairs.map(({ worse }) => worse).sort((a, b) => a - b);
        const best = rewards.indexOf(Math.max(...rewards));
        expect(losers).toEqual(rewards.flatMap((_, i) => (i === best ? [] : [i])));
      }),
      { seed: 1 },
    );
  });

  it('leave out meetings of equal rewards, and count them', () => {
    expect(pairFirstRound([1, 1, 1, 1], new Random(1))).toMatchObject({ pairs: [], ties: 2 });
    expect(pairTournament([1, 1, 1, 1], new Random(1))).toMatchObject({ pairs: [], ties: 3 });
  });

  it('are drawn anew for another seed', () => {
    const rewards = [1, 2, 3, 4, 5, 6, 7, 8];
    const drawn = (seed: number) => JSON.stringify(pairFirstRound(rewards, new Random(seed)).pairs);
    expect(drawn(1)).toBe(drawn(1));
    expect(new Set([1, 2, 3, 4].map(drawn)).size).toBeGreaterThan(1);
  });
});
