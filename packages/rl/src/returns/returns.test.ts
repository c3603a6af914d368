import { describe, expect, it } from 'vitest';
import { formulas, published, trl } from '../testing/golden.ts';
import '../testing/to-be-all-close.ts';
import { estimateAdvantages } from './gae.ts';
import { AdaptiveKl } from './kl-controller.ts';
import { exactKl, klEstimate, shapeRewards } from './kl.ts';
import { explainedVariance, momentsOf, whiten } from './whiten.ts';

const exact = { atol: 1e-9, rtol: 1e-9 };

describe('KL estimators', () => {
  it('have the worked values', () => {
    const { logp, ref, k1, k2, k3 } = formulas.kl_estimators;
    const got = (['k1', 'k2', 'k3'] as const).map((estimator) => klEstimate(logp, ref, estimator));
    expect(got).toBeAllClose([k1, k2, k3], exact);
  });

  it.each(['k1', 'k2', 'k3'] as const)('equal TRL: %s', (estimator) => {
    const { logprobs, ref_logprobs, [estimator]: expected } = trl.kl_estimators;
    const got = logprobs.map((row, b) =>
      row.map((logProb, t) => klEstimate(logProb, ref_logprobs[b]?.[t] ?? NaN, estimator)),
    );
    expect(got).toBeAllClose(expected, exact);
  });

  it('k3 is never negative, and every one is 0 where the two agree', () => {
    for (const gap of [-3, -0.1, 0.1, 3]) expect(klEstimate(gap, 0, 'k3')).toBeGreaterThan(0);
    for (const estimator of ['k1', 'k2', 'k3'] as const) expect(klEstimate(-2, -2, estimator)).toBe(0);
  });

  it('the exact one has the published values', () => {
    for (const { p, q, kl } of published['trl_0.11.4_kl'].full) {
      expect(exactKl(p.map(Math.log), q.map(Math.log))).toBeAllClose(kl, { atol: 1e-4 });
    }
  });
});

describe('rewards with the KL penalty', () => {
  it('have the worked values', () => {
    const { logp, ref, beta, score, rewards } = formulas.kl_reward_gae;
    const shaped = shapeRewards({ logProbs: logp, refLogProbs: ref, score, klCoefficient: beta });
    expect(shaped.rewards).toBeAllClose(rewards, exact);
  });

  it('put the score on the last token that is not padding, as TRL 0.11.4 does', () => {
    const { logprobs, ref_logprobs, scores, mask, cases } = trl['ppo_legacy_0.11.4'];
    const [one] = cases.filter(({ kl_penalty, whiten_rewards }) => kl_penalty === 'kl' && !whiten_rewards);
    mask.forEach((row, b) => {
      const length = row.filter((m) => m === 1).length;
      const shaped = shapeRewards({
        logProbs: (logprobs[b] ?? []).slice(0, length),
        refLogProbs: (ref_logprobs[b] ?? []).slice(0, length),
        score: scores[b] ?? NaN,
        klCoefficient: one?.kl_coef ?? NaN,
      });
      expect(shaped.rewards).toBeAllClose((one?.rewards[b] ?? []).slice(0, length), exact);
    });
  });
});

describe('generalised advantage estimation', () => {
  it('has the worked values, with returns taken before whitening', () => {
    const { rewards, values, gamma, lam, adv, returns, adv_whiten_pop, adv_whiten_bessel } =
      formulas.kl_reward_gae;
    const estimate = estimateAdvantages({ rewards, values, gamma, lambda: lam });
    expect(estimate.advantages).toBeAllClose(adv, exact);
    expect(estimate.returns).toBeAllClose(returns, exact);
    expect(whiten(estimate.advantages)).toBeAllClose(adv_whiten_bessel);
    expect(whiten(estimate.advantages, { kind: 'population' })).toBeAllClose(adv_whiten_pop);
  });

  it('has the worked values with whitened rewards that keep their mean', () => {
    const { rewards, values, gamma, lam, with_reward_whiten_pop_keepmean: expected } = formulas.kl_reward_gae;
    const whitened = whiten(rewards, { kind: 'population', keepMean: true });
    expect(whitened).toBeAllClose(expected.rewards);
    const { advantages } = estimateAdvantages({ rewards: whitened, values, gamma, lambda: lam });
    expect(advantages).toBeAllClose(expected.adv);
  });

  it.each(['lambda_1', 'lambda_0.7', 'lambda_0.4'] as const)(
    "has the values of rlax's tests, with a bootstrap value and discounts per step: %s",
    (key) => {
      const { r, v_bootstrap_included: v, discount, atol, [key]: expected } = published.rlax_gae;
      const got = r.map((rewards, b) =>
        estimateAdvantages({
          rewards,
          values: (v[b] ?? []).slice(0, -1),
          gamma: discount[b] ?? [],
          lambda: Number(key.slice('lambda_'.length)),
          bootstrapValue: v[b]?.at(-1) ?? NaN,
        }),
      );
      expect(got.map(({ advantages }) => advantages)).toBeAllClose(expected, { atol });
    },
  );

  it('gives the returns of TRL 0.11.4', () => {
    const { mask, values, cases } = trl['ppo_legacy_0.11.4'];
    for (const one of cases.filter(({ whiten_rewards }) => !whiten_rewards)) {
      mask.forEach((row, b) => {
        const length = row.filter((m) => m === 1).length;
        const { returns } = estimateAdvantages({
          rewards: (one.rewards[b] ?? []).slice(0, length),
          values: (values[b] ?? []).slice(0, length),
          gamma: one.gamma,
          lambda: one.lam,
        });
        expect(returns).toBeAllClose((one.returns[b] ?? []).slice(0, length), exact);
      });
    }
  });

  it('with λ = 1 is the discounted sum of what follows, minus the value', () => {
    const { advantages } = estimateAdvantages({
      rewards: [1, 2, 4],
      values: [3, 1, 5],
      gamma: 0.5,
      lambda: 1,
    });
    expect(advantages).toBeAllClose([1 + 1 + 1 - 3, 2 + 2 - 1, 4 - 5], exact);
  });
});

describe('whitening', () => {
  it('has the worked values of both variances', () => {
    const { x, pop, bessel } = formulas.whiten_pop_noshift;
    expect(whiten(x.flat(), { kind: 'population', keepMean: true })).toBeAllClose(pop.flat());
    expect(whiten(x.flat(), { keepMean: true })).toBeAllClose(bessel.flat());
  });

  it('of the values that count is that of TRL under a mask', () => {
    const { values, mask, masked_whiten_shift_mean_true: expected } = trl.whiten;
    const counts = (rows: number[][]) => rows.flat().filter((_, i) => mask.flat()[i] === 1);
    expect(whiten(counts(values))).toBeAllClose(counts(expected), { atol: 1e-6 });
    const { x, mask: small, valid, mean, var_bessel } = formulas.masked_whiten;
    const kept = x.filter((_, i) => small[i] === 1);
    expect(momentsOf(kept, 'bessel')).toEqual({ mean, variance: var_bessel });
    expect(whiten(kept)).toBeAllClose(valid);
  });

  it('leaves mean 0 and variance 1, and equal values at 0', () => {
    const { mean, variance } = momentsOf(whiten([3, 1, 4, 1, 5, 9, 2, 6]), 'bessel');
    expect([mean, variance]).toBeAllClose([0, 1], { atol: 1e-6 });
    expect(whiten([2, 2, 2])).toBeAllClose([0, 0, 0]);
  });
});

describe('explained variance', () => {
  it('is 1 for a perfect critic, 0 for a constant one', () => {
    expect(explainedVariance([1, 2, 3], [1, 2, 3])).toBe(1);
    expect(explainedVariance([5, 5, 5], [1, 2, 3])).toBe(0);
  });
});

describe('adaptive KL control', () => {
  it('has the worked values', () => {
    const { beta0, target, horizon, n, kl, beta } = formulas.adaptive_kl;
    const controller = new AdaptiveKl({ coefficient: beta0, target, horizon });
    const got = kl.map((value) => {
      controller.update(value, n);
      return controller.coefficient;
    });
    expect(got).toBeAllClose(beta, exact);
  });

  it('equals TRL', () => {
    const { init_kl_coef: coefficient, target, horizon, updates } = trl.adaptive_kl_controller;
    const controller = new AdaptiveKl({ coefficient, target, horizon });
    for (const { current_kl, n_steps, value_after } of updates) {
      controller.update(current_kl, n_steps);
      expect(controller.coefficient).toBeAllClose(value_after, exact);
    }
  });
});
