import { describe, expect, it } from 'vitest';
import { bandit } from '../../testing/golden.ts';
import '../../testing/to-be-all-close.ts';
import { staleness } from './behaviour.ts';
import { centreScore } from './centre-score.ts';
import { offPolicyMean } from './off-policy-estimate.ts';
import { scoreAdvantages } from './score-baseline.ts';

describe('a score of any scale', () => {
  it('has its middle at 0 and its ends at -1 and 1', () => {
    expect([0, 1].map((value) => centreScore(value, { min: 0, max: 1 }))).toEqual([-1, 1]);
    expect([0, 2.5, 4, 5].map((value) => centreScore(value, { min: 0, max: 5 }))).toBeAllClose([
      -1, 0, 0.6, 1,
    ]);
    expect([1, 5.5, 10].map((value) => centreScore(value, { min: 1, max: 10 }))).toEqual([-1, 0, 1]);
    expect(() => centreScore(1, { min: 1, max: 1 })).toThrow('two ends');
  });
});

describe('the baseline of scores', () => {
  const samples = [
    { promptId: 'a', score: 1, weight: 1 },
    { promptId: 'a', score: 0, weight: 3 },
    { promptId: 'a', score: -1, weight: 1 },
    { promptId: 'b', score: 0.5, weight: 1 },
  ];

  it('is the mean, by weight, of the other samples of the prompt, and of all where there is none', () => {
    const all = (1 + 0 - 1 + 0.5) / 6;
    expect(scoreAdvantages(samples, 'prompt')).toBeAllClose([1 + 1 / 4, 0 - 0, -1 - 1 / 4, 0.5 - all]);
  });

  it('is one for all with `global`', () => {
    const all = 0.5 / 6;
    expect(scoreAdvantages(samples, 'global')).toBeAllClose([1 - all, -all, -1 - all, 0.5 - all]);
  });

  it('makes a shift of all scores change nothing', () => {
    const shifted = samples.map((sample) => ({ ...sample, score: sample.score + 7 }));
    for (const baseline of ['prompt', 'global'] as const)
      expect(scoreAdvantages(shifted, baseline)).toBeAllClose(scoreAdvantages(samples, baseline));
  });
});

describe('staleness', () => {
  it('is 1 for the policy that drew, and counts both directions', () => {
    expect(staleness([-1, -2], [-1, -2], 'token')).toBe(1);
    expect(staleness([-1, -2], [-2, -1], 'token')).toBeAllClose(Math.E);
    expect(staleness([-1, -2], [-2, -1], 'sequence')).toBe(1);
    expect(staleness([-3, -3], [-1, -1], 'sequence')).toBeAllClose(Math.exp(4));
  });

  it('is infinite where a policy finds a token impossible', () => {
    expect(staleness([-Infinity], [-1], 'token')).toBe(Infinity);
    expect(staleness([-Infinity], [-Infinity], 'token')).toBe(Infinity);
  });
});

describe('the off-policy mean', () => {
  it('is the exact expected reward of the bandit where every action is seen as often as it is drawn', () => {
    const { pi, expected_reward: expected } = bandit.beta['1'];
    const samples = bandit.ref.map((p, a) => ({
      score: bandit.r[a] ?? NaN,
      // Trust in the place of how often: 1 sample in 10 of the last action.
      weight: p,
      logRatio: Math.log((pi[a] ?? NaN) / p),
    }));
    expect(offPolicyMean(samples).mean).toBeAllClose(expected, { atol: 1e-9 });
  });

  it('counts all samples where nothing has moved, and one where one outweighs all', () => {
    const sample = (logRatio: number) => ({ score: 1, weight: 1, logRatio });
    expect(offPolicyMean([0, 0, 0].map(sample)).effectiveSamples).toBeAllClose(3);
    expect(offPolicyMean([0, 800, 0].map(sample)).effectiveSamples).toBeAllClose(1);
  });
});
