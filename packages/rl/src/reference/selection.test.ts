import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../engine/random.ts';
import { bandit } from '../testing/golden.ts';
import '../testing/to-be-all-close.ts';
import { totalVariation } from './optimal-policy.ts';
import { bestOf, bestOfNLaw, rejectionPass, rejectionSample } from './selection.ts';

/** Outcomes of the bandit, drawn independently from its reference policy. */
function drawer(seed: number): () => number {
  const random = new Random(seed);
  return () => {
    let rest = random.uniform();
    const action = bandit.ref.findIndex((p) => (rest -= p) < 0);
    return action === -1 ? bandit.ref.length - 1 : action;
  };
}

function shares(actions: readonly number[]): number[] {
  return bandit.ref.map((_, a) => actions.filter((action) => action === a).length / actions.length);
}

/** Deviations that chance alone exceeds once in some ten thousand runs. */
const SIGMAS = 4;

describe('rejection sampling', () => {
  it.each([
    [0.5, bandit.beta['0.5']],
    [1, bandit.beta['1']],
    [2, bandit.beta['2']],
  ] as const)(
    'accepts in a first pass over independent candidates as expected, at β = %s',
    (beta, golden) => {
      const n = 50_000;
      const draw = drawer(3);
      const candidates = Array.from({ length: n }, draw);
      const random = new Random(4);
      const { accepted } = rejectionPass(
        candidates.map((action) => bandit.r[action] ?? NaN),
        { beta, count: n, uniform: () => random.uniform() },
      );
      const p = golden.rso_first_pass_acceptance;
      expect(Math.abs(accepted.length / n - p)).toBeLessThan(SIGMAS * Math.sqrt((p * (1 - p)) / n));
      const actions = accepted.map((place) => candidates[place] ?? NaN);
      expect(totalVariation(shares(actions), golden.pi)).toBeLessThan(0.02);
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
});

describe('the best of n draws', () => {
  it.each([
    [4, bandit.best_of_n['4']],
    [16, bandit.best_of_n['16']],
  ] as const)('follows its exact law: n = %s', (n, golden) => {
    const trials = 20_000;
    const draw = drawer(5);
    const winners = Array.from({ length: trials }, () => {
      const actions = Array.from({ length: n }, draw);
      return actions[bestOf(actions.map((action) => bandit.r[action] ?? NaN))] ?? NaN;
    });
    const law = bestOfNLaw(bandit.ref, n);
    expect(law).toBeAllClose(golden.pi, { atol: 1e-12 });
    shares(winners).forEach((share, a) => {
      const p = law[a] ?? NaN;
      expect(Math.abs(share - p)).toBeLessThanOrEqual(SIGMAS * Math.sqrt((p * (1 - p)) / trials));
    });
  });

  it('of one draw is that draw', () => {
    expect(bestOfNLaw(bandit.ref, 1)).toBeAllClose(bandit.ref, { atol: 1e-12 });
  });
});
