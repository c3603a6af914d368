import { describe, expect, it } from 'vitest';
import { actionShares, banditDrawer, binomialError } from '../testing/bandit-draws.ts';
import { bandit } from '../testing/golden.ts';
import '../testing/to-be-all-close.ts';
import { bestOf, bestOfNLaw } from './best-of-n.ts';

describe('the best of n draws', () => {
  it.each([
    [4, bandit.best_of_n['4']],
    [16, bandit.best_of_n['16']],
  ] as const)('follows its exact law: n = %s', (n, golden) => {
    const trials = 20_000;
    const draw = banditDrawer(5);
    const winners = Array.from({ length: trials }, () => {
      const actions = Array.from({ length: n }, draw);
      return actions[bestOf(actions.map((action) => bandit.r[action] ?? NaN))] ?? NaN;
    });
    const law = bestOfNLaw(bandit.ref, n);
    expect(law).toBeAllClose(golden.pi, { atol: 1e-12 });
    actionShares(winners).forEach((share, a) => {
      const p = law[a] ?? NaN;
      expect(Math.abs(share - p)).toBeLessThanOrEqual(binomialError(p, trials));
    });
  });

  it('of one draw is that draw', () => {
    expect(bestOfNLaw(bandit.ref, 1)).toBeAllClose(bandit.ref, { atol: 1e-12 });
  });

  it('is the first of equal ones', () => {
    expect(bestOf([0.5, 2, 2, 1])).toBe(1);
    expect(bestOf([-3])).toBe(0);
  });
});
