import { describe, expect, it } from 'vitest';
import { momentsOf } from '../../returns/whiten.ts';
import { formulas, trl } from '../../testing/golden.ts';
import '../../testing/to-be-all-close.ts';
import { toExperience } from './advantages.ts';

const golden = trl['ppo_legacy_0.11.4'];
const lengths = golden.mask.map((row) => row.filter((m) => m === 1).length);
const real = (rows: number[][]) => rows.map((row, b) => row.slice(0, lengths[b]));
const [oldLogProbs, refLogProbs, oldValues] = [golden.logprobs, golden.ref_logprobs, golden.values].map(real);
const episodes = lengths.map((length, b) => ({
  promptIds: [0],
  responseIds: new Array<number>(length).fill(0),
  oldLogProbs: oldLogProbs?.[b] ?? [],
  refLogProbs: refLogProbs?.[b] ?? [],
  oldValues: oldValues?.[b] ?? [],
  score: golden.scores[b] ?? NaN,
}));
const settings = { klCoefficient: 0.05, gamma: 1, lambda: 0.95, whitenAdvantages: true };

describe('the experience of a rollout', () => {
  it('has the returns and the whitened advantages of TRL 0.11.4', () => {
    const [one] = golden.cases.filter(
      ({ kl_penalty, whiten_rewards }) => kl_penalty === 'kl' && !whiten_rewards,
    );
    const { experience } = toExperience(episodes, settings);
    expect(experience.map(({ returns }) => returns)).toBeAllClose(real(one?.returns ?? []), { atol: 1e-9 });
    expect(experience.map(({ advantages }) => advantages)).toBeAllClose(real(one?.advantages_whitened ?? []));
  });

  it('has the returns and the whitened advantages of TRL 1.12, which gives the score after the end', () => {
    const newer = trl['ppo_1.12.0'];
    const sizes = newer.sequence_lengths.map((last) => last + 1);
    for (const one of newer.cases) {
      const rows = sizes.map((size, b) => ({
        promptIds: [0],
        responseIds: new Array<number>(size).fill(0),
        oldLogProbs: newer.logprobs[b]?.slice(0, size) ?? [],
        refLogProbs: newer.ref_logprobs[b]?.slice(0, size) ?? [],
        // A row that fills its room has no place after its end.
        oldValues: newer.values[b]?.slice(0, size + 1) ?? [],
        score: newer.scores[b] ?? NaN,
      }));
      const { experience } = toExperience(rows, {
        klCoefficient: one.kl_coef,
        klEstimator: one.kl_estimator === 'k3' ? 'k3' : 'k1',
        gamma: one.gamma,
        lambda: one.lam,
        whitenAdvantages: true,
        whitenRewards: one.whiten_rewards,
      });
      // TRL corrects the variance of whitened rewards in float32.
      const near = one.whiten_rewards ? {} : { atol: 1e-9 };
      experience.forEach(({ returns, advantages, responseIds }, b) => {
        expect(returns).toBeAllClose(one.returns[b]?.slice(0, returns.length) ?? [], near);
        expect(advantages).toBeAllClose(one.advantages_whitened[b]?.slice(0, responseIds.length) ?? []);
        expect(advantages.length).toBe(responseIds.length);
      });
    }
  });

  it.each([
    ['kl', 'k1'],
    ['abs', 'abs'],
    ['mse', 'k2'],
  ] as const)("has the returns of TRL 0.11.4's KL penalty %s, which is %s", (theirs, klEstimator) => {
    const [one] = golden.cases.filter(
      ({ kl_penalty, whiten_rewards }) => kl_penalty === theirs && !whiten_rewards,
    );
    const { experience, objective } = toExperience(episodes, { ...settings, klEstimator });
    expect(experience.map(({ returns }) => returns)).toBeAllClose(real(one?.returns ?? []), { atol: 1e-9 });
    expect(objective).toEqual(toExperience(episodes, settings).objective);
  });

  it('has the worked advantages of whitened rewards', () => {
    const { logp, ref, beta, score, values, gamma, lam: lambda, ...golden } = formulas.kl_reward_gae;
    const episode = {
      promptIds: [0],
      responseIds: logp.map(() => 0),
      oldLogProbs: logp,
      refLogProbs: ref,
      oldValues: values,
      score,
    };
    const { experience } = toExperience([episode], {
      klCoefficient: beta,
      gamma,
      lambda,
      whitenAdvantages: false,
      whitenRewards: true,
      whitenVariance: 'population',
    });
    const { adv } = golden.with_reward_whiten_pop_keepmean;
    expect(experience[0]?.advantages).toBeAllClose(adv, { atol: 1e-9 });
  });

  it('whitens with the variance that is asked for', () => {
    const moments = (whitenVariance: 'bessel' | 'population') => {
      const { experience } = toExperience(episodes, { ...settings, whitenVariance });
      return momentsOf(
        experience.flatMap(({ advantages }) => advantages),
        whitenVariance,
      );
    };
    for (const kind of ['bessel', 'population'] as const)
      expect([moments(kind).mean, moments(kind).variance]).toBeAllClose([0, 1], { atol: 1e-6 });
  });

  it('has an objective that is the mean score plus the mean penalty', () => {
    const { objective } = toExperience(episodes, settings);
    const kl = episodes.map((one) =>
      one.oldLogProbs.reduce((sum, lp, t) => sum + lp - (one.refLogProbs[t] ?? NaN), 0),
    );
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(objective['objective/kl']).toBeAllClose(mean(kl));
    expect(objective['objective/scores']).toBeAllClose(mean(golden.scores));
    expect(objective['objective/rlhf_reward']).toBeAllClose(mean(golden.scores) - 0.05 * mean(kl));
  });

  it('keeps advantages as they are when whitening is off, and each token with its own episode', () => {
    const { experience } = toExperience(episodes, { ...settings, whitenAdvantages: false });
    experience.forEach(({ advantages, returns, oldValues: values }) => {
      expect(advantages).toBeAllClose(returns.map((target, t) => target - (values[t] ?? NaN)));
    });
    const backwards = toExperience([...episodes].reverse(), settings).experience.reverse();
    expect(backwards.map(({ advantages }) => advantages)).toBeAllClose(
      toExperience(episodes, settings).experience.map(({ advantages }) => advantages),
    );
  });
});
