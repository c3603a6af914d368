// What TRL itself computes, section by section, in float64. A section of the file that has no check here is a failure,
// and so is a value that its check never reads.

import { describe, expect, it } from 'vitest';
import { estimateAdvantages } from '../returns/gae.ts';
import { AdaptiveKl } from '../returns/kl-controller.ts';
import { klEstimate, shapeRewards, type KlEstimator } from '../returns/kl.ts';
import { momentsOf, whiten } from '../returns/whiten.ts';
import { trl } from '../testing/golden.ts';
import { runSection, type SectionChecks } from '../testing/read-tracker.ts';
import { dpoChecks } from '../testing/trl-dpo.ts';
import { isOtherPolicyGradient, policyGradientChecks } from '../testing/trl-policy-gradient.ts';
import '../testing/to-be-all-close.ts';
import { entropyOf, logSoftmax } from './distributions.ts';
import { referenceKlBaseline, referenceKtoLoss } from './kto-loss.ts';
import { referencePairLoss } from './pair-loss.ts';
import {
  referencePolicyLoss,
  referenceUpdateStatistics,
  referenceValueClipFraction,
  referenceValueLoss,
} from './ppo-losses.ts';
import { referencePlackettLuceLoss } from './ranking-loss.ts';

type Trl = Omit<typeof trl, 'about'>;

const exact = { atol: 1e-9, rtol: 1e-9 };
/** Shares and metrics that TRL computes in float32. */
const single = { atol: 1e-6, rtol: 1e-6 };

const keep = (row: readonly number[] | undefined, length: number) => (row ?? []).slice(0, length);
const masked = (rows: readonly (readonly number[])[], mask: readonly (readonly number[])[]) =>
  rows.flatMap((row, b) => row.filter((_, t) => mask[b]?.[t] === 1));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Rewards whitened over the whole batch, keeping their mean, as rows again. */
function whitenRows(rows: readonly (readonly number[])[]): number[][] {
  const all = whiten(rows.flat(), { keepMean: true });
  let offset = 0;
  return rows.map((row) => all.slice(offset, (offset += row.length)));
}

const checks: SectionChecks<Trl> = {
  ...dpoChecks,
  ...policyGradientChecks,
  log_probs: ({ logits, labels, ...expected }) => {
    const rows = logits.flat();
    const logProbs = (temperature: number) =>
      rows.map((row, i) => logSoftmax(row, temperature)[labels.flat()[i] ?? 0] ?? NaN);
    expect(logProbs(1)).toBeAllClose(expected.selective_log_softmax.flat(), exact);
    expect(logProbs(0.7)).toBeAllClose(expected['selective_log_softmax_temperature_0.7'].flat(), exact);
    expect(rows.map(entropyOf)).toBeAllClose(expected.entropy.flat(), exact);
  },
  kto: ({ completion_mask, label, cases, ...golden }) => {
    const mask = completion_mask.map((row) => row.filter((_, k) => k > 0));
    expect(completion_mask.map((row) => row[0])).toEqual(mask.map(() => 0));
    const sums = (rows: number[][]) => rows.map((row) => row.reduce((sum, lp) => sum + lp, 0));
    const [policy, ref] = [sums(golden.policy_per_token_logps), sums(golden.ref_per_token_logps)];
    const driftRef = sums(golden.KL_ref_per_token_logps);
    const drifts = sums(golden.KL_policy_per_token_logps).map((lp, i) => lp - (driftRef[i] ?? NaN));
    const isGood = [...label];
    for (const { loss_type: type, beta, metrics, ...one } of cases) {
      const loss = type === 'kto' ? 'kto' : 'apo-zero';
      const baseline = loss === 'kto' ? referenceKlBaseline(drifts) : 0;
      expect(baseline).toBeAllClose(metrics.kl, exact);
      const lambdas = isGood.map((good) => (good ? one.desirable_weight : one.undesirable_weight));
      const got = referenceKtoLoss(
        {
          tokenLogProbs: golden.policy_per_token_logps,
          mask,
          refLogProbs: ref,
          sides: isGood.map((good) => (good ? 1 : -1)),
          weights: lambdas.map((lambda) => lambda / isGood.length),
          baseline,
        },
        { loss, beta },
      );
      expect(got.loss).toBeAllClose(one.loss, exact);
      const grad = one.grad_wrt_policy_per_token_logps.map((row, i) =>
        row.map((value, t) => value * (mask[i]?.[t] ?? NaN)),
      );
      expect(got.grad).toBeAllClose(grad, exact);
      const side = (values: readonly number[], good: boolean) =>
        mean(values.filter((_, i) => isGood[i] === good));
      const [chosen, rejected] = [side(got.rewards, true), side(got.rewards, false)];
      expect([chosen, rejected]).toBeAllClose(
        [metrics['rewards/chosen'], metrics['rewards/rejected']],
        exact,
      );
      expect(chosen - rejected).toBeAllClose(metrics['rewards/margins'], exact);
      expect([side(policy, true), side(policy, false)]).toBeAllClose(
        [metrics['logps/chosen'], metrics['logps/rejected']],
        exact,
      );
    }
  },
  reward_model: ({ rewards_chosen: chosen, rewards_rejected: rejected, margin, cases }) => {
    for (const one of cases) {
      const pairs = chosen.map((_, i) => ({
        better: i,
        worse: i + chosen.length,
        weight: 1 / chosen.length,
        margin: one.use_margin ? (margin[i] ?? NaN) : 0,
      }));
      const got = referencePairLoss([...chosen, ...rejected], pairs, one.center_rewards_coefficient ?? 0);
      expect(got.loss).toBeAllClose(one.loss, exact);
      expect(got.grad).toBeAllClose(one['grad_wrt_rewards_[chosen..,rejected..]'], exact);
      const gaps = chosen.map((reward, i) => reward - (rejected[i] ?? NaN));
      expect(gaps.filter((gap) => gap > 0).length / gaps.length).toBeAllClose(one.accuracy, single);
      expect(mean(gaps)).toBeAllClose(one.margin_metric, single);
    }
  },
  whiten: ({ values, mask, ...expected }) => {
    const kept = masked(values, mask);
    expect(momentsOf(kept, 'bessel').mean).toBeAllClose(expected.masked_mean, exact);
    // TRL computes this one in float32.
    expect(momentsOf(kept, 'bessel').variance).toBeAllClose(expected.masked_var, { atol: 0, rtol: 1e-6 });
    expect(momentsOf(kept, 'population').variance).toBeAllClose(expected.masked_var_biased, exact);
    const [shifted, kept2] = [
      expected.masked_whiten_shift_mean_true,
      expected.masked_whiten_shift_mean_false,
    ].map((rows) =>
      masked(
        rows.map((row) => row.map(Number)),
        mask,
      ),
    );
    expect(whiten(kept)).toBeAllClose(shifted ?? [], { atol: 1e-6 });
    expect(whiten(kept, { keepMean: true })).toBeAllClose(kept2 ?? [], { atol: 1e-6 });
  },
  'ppo_1.12.0': (golden) => {
    for (const one of golden.cases) checkPpo112(golden, one);
  },
  'ppo_legacy_0.11.4': (golden) => {
    for (const one of golden.cases) checkPpo0114(golden, one);
  },
  adaptive_kl_controller: ({ init_kl_coef: coefficient, target, horizon, updates }) => {
    const controller = new AdaptiveKl({ coefficient, target, horizon });
    for (const { current_kl: kl, n_steps: episodes, value_after: expected } of updates) {
      controller.update(kl, episodes);
      expect(controller.coefficient).toBeAllClose(expected, exact);
    }
  },
  kl_estimators: ({ logprobs, ref_logprobs, ...expected }) => {
    for (const estimator of ['k1', 'k2', 'k3'] as const) {
      const got = logprobs.map((row, b) =>
        row.map((lp, t) => klEstimate(lp, ref_logprobs[b]?.[t] ?? NaN, estimator)),
      );
      expect(got).toBeAllClose(expected[estimator], exact);
    }
  },
  plackett_luce: ({ scores_best_to_worst: lists, cases }) => {
    for (const { top_k: topK, per_list_nll: expected, loss_mean: average, grad } of cases) {
      const got = lists.map((scores) => referencePlackettLuceLoss(scores, topK));
      expect(got.map(({ loss }) => loss)).toBeAllClose(expected, exact);
      expect(mean(got.map(({ loss }) => loss))).toBeAllClose(average, exact);
      // The gradient is of the mean over the lists.
      expect(got.map((list) => list.grad.map((g) => g / lists.length))).toBeAllClose(grad, exact);
    }
  },
};

/** TRL 1.12: the score after the end, a value kept there, KL and log-probabilities 0 at padding. */
function checkPpo112(golden: Trl['ppo_1.12.0'], one: Trl['ppo_1.12.0']['cases'][number]): void {
  const T = golden.logprobs[0]?.length ?? 0;
  const lengths = golden.sequence_lengths.map((last) => last + 1);
  const padding = (rows: boolean[][]) => rows.map((row) => row.map((isPadding) => (isPadding ? 0 : 1)));
  const [tokenMask, valueMask] = [padding(one.padding_mask), padding(one.padding_mask_p1)];
  expect(tokenMask.map((row) => row.filter((m) => m === 1).length)).toEqual(lengths);
  expect(valueMask.map((row) => row.filter((m) => m === 1).length - 1)).toEqual([...one.actual_end]);

  const shaped = lengths.map((length, b) =>
    shapeRewards({
      logProbs: keep(golden.logprobs[b], length),
      refLogProbs: keep(golden.ref_logprobs[b], length),
      score: golden.scores[b] ?? NaN,
      klCoefficient: one.kl_coef,
      estimator: one.kl_estimator === 'k3' ? 'k3' : 'k1',
      scorePlace: length < T ? 'after-end' : 'last-token',
    }),
  );
  const kls = one.kl.map((row) => row.reduce((sum, kl) => sum + kl, 0));
  expect(shaped.map(({ kl }) => kl)).toBeAllClose(kls, exact);
  const nonScores = one.non_score_reward.map((row) => row.reduce((sum, reward) => sum + reward, 0));
  expect(shaped.map(({ nonScoreReward }) => nonScoreReward)).toBeAllClose(nonScores, exact);

  const raw = shaped.map(({ rewards }) => rewards);
  const rewards = one.whiten_rewards ? whitenRows(raw) : raw;
  // TRL corrects the variance in float32, which then goes through everything that was whitened.
  const near = one.whiten_rewards ? single : exact;
  expect(rewards.flat()).toBeAllClose(masked(one.rewards, valueMask), near);
  const values = golden.values.map((row, b) => keep(row, rewards[b]?.length ?? 0));
  expect(values.flat()).toBeAllClose(masked(one.values_masked, valueMask), exact);
  const estimates = rewards.map((row, b) =>
    estimateAdvantages({ rewards: row, values: values[b] ?? [], gamma: one.gamma, lambda: one.lam }),
  );
  const returns = estimates.map((estimate) => estimate.returns).flat();
  expect(returns).toBeAllClose(masked(one.returns, valueMask), near);
  const advantages = estimates.map((estimate) => estimate.advantages);
  expect(advantages.flat()).toBeAllClose(masked(one['gae_raw_(returns-values)'], valueMask), near);
  // Only the tokens' own advantages are whitened, not that of the state after the end.
  const whitened = whiten(advantages.flatMap((row, b) => keep(row, lengths[b] ?? 0)));
  expect(whitened).toBeAllClose(masked(one.advantages_whitened, tokenMask), single);
  for (const rows of [one.advantages_whitened, one.ratio, one.grad_new_logprobs])
    expect(rows.every((row) => row.length === T)).toBe(true);

  const [now, old] = [masked(golden.new_logprobs, tokenMask), masked(golden.logprobs, tokenMask)];
  const policy = referencePolicyLoss(now, old, whitened, one.cliprange);
  expect(policy.loss).toBeAllClose(one.pg_loss, single);
  expect(policy.grad).toBeAllClose(masked(one.grad_new_logprobs, tokenMask), single);
  const statistics = referenceUpdateStatistics(now, old, whitened, {
    clipRange: one.cliprange,
    approxKlCount: golden.logprobs.flat().length,
  });
  expect(statistics.ratios).toBeAllClose(masked(one.ratio, tokenMask), exact);
  expect(statistics.clipFraction).toBeAllClose(one.pg_clipfrac, single);
  expect(statistics.approxKl).toBeAllClose(one['approxkl_(mean over ALL positions, unmasked)'], exact);

  const predicted = masked(golden.vpred, valueMask);
  const value = referenceValueLoss(predicted, values.flat(), returns, one.cliprange_value);
  expect(value.loss).toBeAllClose(one['vf_loss_(incl_0.5)'], near);
  const slopes = value.grad.map((g) => g * one.vf_coef);
  expect(slopes).toBeAllClose(masked(one.grad_vpred, valueMask), near);
  expect(policy.loss + one.vf_coef * value.loss).toBeAllClose(one.loss, single);
  const clipped = referenceValueClipFraction(predicted, values.flat(), returns, one.cliprange_value);
  expect(clipped).toBeAllClose(one.vf_clipfrac, single);
}

const ESTIMATORS: Readonly<Record<string, KlEstimator>> = { kl: 'k1', abs: 'abs', mse: 'k2' };

/** TRL 0.11.4: the score at the last token, one mask for everything. */
function checkPpo0114(
  golden: Trl['ppo_legacy_0.11.4'],
  one: Trl['ppo_legacy_0.11.4']['cases'][number],
): void {
  const { mask } = golden;
  const lengths = mask.map((row) => row.filter((m) => m === 1).length);
  const estimator = ESTIMATORS[one.kl_penalty] ?? 'k1';
  const kls = golden.logprobs.map((row, b) =>
    row.map((lp, t) => klEstimate(lp, golden.ref_logprobs[b]?.[t] ?? NaN, estimator)),
  );
  expect(kls).toBeAllClose(one.kl, exact);
  const raw = lengths.map(
    (length, b) =>
      shapeRewards({
        logProbs: keep(golden.logprobs[b], length),
        refLogProbs: keep(golden.ref_logprobs[b], length),
        score: golden.scores[b] ?? NaN,
        klCoefficient: one.kl_coef,
        estimator,
      }).rewards,
  );
  expect(raw.flat()).toBeAllClose(masked(one.rewards, mask), exact);
  // 0.11.4 whitens the zeros at padding along, and they leak into the tokens before them; ours never reads padding.
  // Its values are those of rows that are filled up with zeros.
  const T = mask[0]?.length ?? 0;
  const fill = (row: readonly number[]) => [...row, ...new Array<number>(T - row.length).fill(0)];
  const { mean: center, variance } = momentsOf(raw.flat(), 'bessel');
  const rescale = (x: number) => (x - center) / Math.sqrt(variance + 1e-8) + center;
  const rewards = raw.map((row) => (one.whiten_rewards ? fill(row).map(rescale) : fill(row)));
  const values = lengths.map((length, b) => keep(golden.values[b], length));
  const estimates = rewards.map((row, b) => {
    const estimate = estimateAdvantages({
      rewards: row,
      values: fill(values[b] ?? []),
      gamma: one.gamma,
      lambda: one.lam,
    });
    const length = lengths[b] ?? 0;
    return { returns: keep(estimate.returns, length), advantages: keep(estimate.advantages, length) };
  });
  const returns = estimates.flatMap((estimate) => estimate.returns);
  expect(returns).toBeAllClose(masked(one.returns, mask), single);
  const advantages = whiten(estimates.flatMap((estimate) => estimate.advantages));
  expect(advantages).toBeAllClose(masked(one.advantages_whitened, mask), single);

  const [now, old] = [masked(golden.new_logprobs, mask), masked(golden.logprobs, mask)];
  expect(referencePolicyLoss(now, old, advantages, golden.cliprange).loss).toBeAllClose(one.pg_loss, single);
  const statistics = referenceUpdateStatistics(now, old, advantages, { clipRange: golden.cliprange });
  expect([statistics.clipFraction, statistics.approxKl, statistics.policyKl]).toBeAllClose(
    [one['policy/clipfrac'], one['policy/approxkl'], one['policy/policykl']],
    single,
  );
  const predicted = masked(golden.vpred, mask);
  const value = referenceValueLoss(predicted, values.flat(), returns, golden.cliprange_value);
  expect(golden.vf_coef * value.loss).toBeAllClose(one['vf_coef*vf_loss'], single);
  const clipped = referenceValueClipFraction(predicted, values.flat(), returns, golden.cliprange_value);
  expect(clipped).toBeAllClose(one['val/clipfrac'], single);
}

describe("every section of TRL's values", () => {
  it('has a check', () => {
    const names = Object.keys(trl).filter((name) => name !== 'about');
    expect(names.sort()).toEqual(Object.keys(checks).sort());
  });

  it.each(Object.keys(checks))('is reproduced in float64: %s', (name) => {
    const missed = runSection(checks, trl, name).filter(
      (path) => !isUnused(path) && !isOtherPolicyGradient(path),
    );
    expect(missed).toEqual([]);
  });
});

/** Values at padding, which we do not compute. */
function isUnused(path: string): boolean {
  return /^\/(ppo_|whiten\/)/.test(path) && /\/\d+\/\d+$/.test(path);
}
