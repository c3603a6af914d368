import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../engine/random.ts';
import { totalVariation } from '../reference/optimal-policy.ts';
import { actionShares, banditDrawer, binomialError } from '../testing/bandit-draws.ts';
import { bandit } from '../testing/golden.ts';
import { rejectionPass, rejectionSample, uniqueByText } from './rejection.ts';

const betas = [
  [0.5, bandit.beta['0.5']],
  [1, bandit.beta['1']],
  [2, bandit.beta['2']],
] as const;

describe('rejection sampling', () => {
  it.each(betas)(
    'accepts in a first pass over independent candidates as expected, at β = %s',
    (beta, golden) => {
      const n = 50_000;
      const candidates = Array.from({ length: n }, banditDrawer(3));
      const random = new Random(4);
      const { accepted } = rejectionPass(
        candidates.map((action) => bandit.r[action] ?? NaN),
        { beta, count: n, uniform: () => random.uniform() },
      );
      const p = golden.rso_first_pass_acceptance;
      expect(Math.abs(accepted.length / n - p)).toBeLessThan(binomialError(p, n));
      const shares = actionShares(accepted.map((place) => candidates[place] ?? NaN));
      expect(totalVariation(shares, golden.pi)).toBeLessThan(0.02);
      shares.forEach((share, a) => {
        const expected = golden.pi[a] ?? NaN;
        expect(Math.abs(share - expected)).toBeLessThan(binomialError(expected, accepted.length));
      });
    },
  );

  it('accepts whom it should at the ends of β: the best ones, or everyone at once', () => {
    const distinct = fc.uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(distinct, fc.integer({ min: 1, max: 12 }), (rewards, count) => {
        const random = new Random(1);
        const uniform = () => random.uniform();
        const cold = rejectionSample(rewards, { beta: 1e-6, count, uniform });
        const best = [...rewards].sort((a, b) => b - a).slice(0, count);
        expect(cold.map((i) => rewards[i])).toEqual(best);
        const hot = rejectionPass(rewards, { beta: 1e12, count: rewards.length, uniform });
        expect(hot.left).toEqual([]);
      }),
      { seed: 1 },
    );
  });

  it('gives each candidate once and ends where there are fewer than asked for', () => {
    const random = new Random(1);
    const chosen = rejectionSample([0.1, 2, -1], { beta: 1, count: 9, uniform: () => random.uniform() });
    expect([...chosen].sort()).toEqual([0, 1, 2]);
  });

  it('measures every pass against the best of those that are left, with fresh numbers', () => {
    // First pass: only the best is below its chance of 1. Second: -2 is now the best.
    const draws = [0.5, 0.5, 0.5, 0.999, 0.5];
    const uniform = () => draws.shift() ?? NaN;
    expect(rejectionSample([-2, 0, -4], { beta: 1, count: 2, uniform })).toEqual([1, 0]);
    expect(draws).toEqual([0.5]);
  });

  it('is the same whatever is added to all rewards', () => {
    const rewards = [0.3, -1.25, 2, 0.75];
    const sample = (shift: number) => {
      const random = new Random(6);
      const moved = rewards.map((reward) => reward + shift);
      return rejectionSample(moved, { beta: 0.5, count: 3, uniform: () => random.uniform() });
    };
    expect(sample(64)).toEqual(sample(0));
  });

  it('refuses a β that is not above 0', () => {
    expect(() => rejectionSample([1], { beta: 0, count: 1, uniform: () => 0 })).toThrow('β above 0');
  });

  it('refuses a reward that is not a number, of which no pass would accept any', () => {
    const sample = () => rejectionSample([1, NaN], { beta: 1, count: 1, uniform: () => 0 });
    expect(sample).toThrow('not a number');
  });

  it('takes what was drawn twice once, in the order of drawing', () => {
    const drawn = ['b', 'a', 'b', 'c', 'a'].map((text, index) => ({ text, index }));
    expect(uniqueByText(drawn).map(({ index }) => index)).toEqual([0, 1, 3]);
  });
});
