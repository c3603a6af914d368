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
