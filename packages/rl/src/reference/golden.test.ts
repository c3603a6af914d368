// Every value of the worked formulas, in float64. A check reads its section through a tracker: a section without a
// check, or a value that its check never reads, is a failure.

import { describe, expect, it } from 'vitest';
import { cosineToTenth } from '../algorithms/step-control.ts';
import { pairsOfRanks, weighPairs } from '../data/pairs.ts';
import { estimateAdvantages } from '../returns/gae.ts';
import { AdaptiveKl } from '../returns/kl-controller.ts';
import { klEstimate, shapeRewards } from '../returns/kl.ts';
import { momentsOf, whiten } from '../returns/whiten.ts';
import { bestOfNKlBound } from '../selection/best-of-n.ts';
import { expectedAcceptance, rejectionSample } from '../selection/rejection.ts';
import { filterAbove } from '../selection/thresholds.ts';
import { formulas } from '../testing/golden.ts';
import { runSection, type SectionChecks } from '../testing/read-tracker.ts';
import '../testing/to-be-all-close.ts';
import { exponentialAverage, referenceAdamW } from './adam.ts';
import { logSoftmax } from './distributions.ts';
import { referenceDpoLoss } from './dpo-loss.ts';
import { groupAdvantages, leaveOneOutAdvantages, overlongPenalty } from './group-advantages.ts';
import { referencePairLoss, sigmoid } from './pair-loss.ts';
import {
  referencePolicyLoss,
  referenceUpdateStatistics,
  referenceValueLoss,
  withPretraining,
} from './ppo-losses.ts';
import { referencePickBestLoss, referencePlackettLuceLoss, scorePull } from './ranking-loss.ts';
import { cautiousScore, disagreement, ELO_PER_LOGIT, gainAndBias } from './reward-scale.ts';
import { preferenceCrossEntropy, segmentPreference } from './segments.ts';

/** The file gives ten digits. */
const exact = { atol: 1e-9, rtol: 1e-9 };

function equal(actual: number | readonly unknown[], expected: number | readonly unknown[]): void {
  expect(flat(actual)).toBeAllClose(flat(expected), exact);
}

function flat(values: number | readonly unknown[]): number[] {
  return (typeof values === 'number' ? [values] : values.flat(3)).map(Number);
}

/** The K-way loss over the rankings of several prompts, each a judgement of its own. */
function rankingLoss(
  scores: readonly number[][],
  ranks: readonly number[][],
  ties: 'drop' | 'half' = 'drop',
) {
  let offset = 0;
  const judgements = ranks.map((one) => {
    const pairs = pairsOfRanks(one, ties).map((pair) => ({
      ...pair,
      better: pair.better + offset,
      worse: pair.worse + offset,
    }));
    offset += one.length;
    return { pairs, weight: 1, margin: 0 };
  });
  const pairs = weighPairs(judgements);
  return { ...referencePairLoss(scores.flat(), pairs), pairs };
}

const checks: SectionChecks<typeof formulas> = {
  whiten_pop_noshift: ({ x, eps, pop, bessel }) => {
    expect(eps).toBe(1e-8);
    equal(whiten(x.flat(), { kind: 'population', keepMean: true }), pop);
    equal(whiten(x.flat(), { kind: 'bessel', keepMean: true }), bessel);
  },
  masked_whiten: ({ x, mask, valid, ...expected }) => {
    const kept = x.filter((_, i) => mask[i] === 1);
    const { mean: average, variance } = momentsOf(kept, 'bessel');
    equal([average, variance], [expected.mean, expected.var_bessel]);
    equal(whiten(kept), valid);
  },
  kl_reward_gae: (golden) => {
    const { logp, ref, beta, score, values, gamma, lam: lambda } = golden;
    equal(
      logp.map((lp, t) => klEstimate(lp, ref[t] ?? NaN, 'k1')),
      golden.kl,
    );
    const { rewards } = shapeRewards({ logProbs: logp, refLogProbs: ref, score, klCoefficient: beta });
    equal(rewards, golden.rewards);
    const { advantages, returns } = estimateAdvantages({ rewards, values, gamma, lambda });
    equal([advantages, returns], [golden.adv, golden.returns]);
    equal(whiten(advantages, { kind: 'population' }), golden.adv_whiten_pop);
    equal(whiten(advantages, { kind: 'bessel' }), golden.adv_whiten_bessel);
    const whitened = whiten(rewards, { kind: 'population', keepMean: true });
    const { advantages: fromWhitened } = estimateAdvantages({ rewards: whitened, values, gamma, lambda });
    const expected = golden.with_reward_whiten_pop_keepmean;
    equal([whitened, fromWhitened], [expected.rewards, expected.adv]);
  },
  adaptive_kl: ({ beta0, target, horizon, n, kl, beta }) => {
    const controller = new AdaptiveKl({ coefficient: beta0, target, horizon });
    const got = kl.map((value) => {
      controller.update(value, n);
      return controller.coefficient;
    });
    equal(got, beta);
  },
  ppo_loss: ({ old, new: now, adv, eps, ...expected }) => {
    equal(referencePolicyLoss(now, old, adv, eps).loss, expected.loss);
    const statistics = referenceUpdateStatistics(now, old, adv, { clipRange: eps });
    equal(statistics.ratios, expected.ratio);
    equal([statistics.clipFraction, statistics.approxKl], [expected.clipfrac, expected.approxkl_half_mse]);
  },
  value_loss: ({ vold, v, ret, eps, ...expected }) => {
    const { loss } = referenceValueLoss(v, vold, ret, eps);
    equal(loss, expected.loss);
    equal(formulas.ppo_loss.loss + 0.1 * loss, expected['total_vf0.1']);
  },
  ptx_total: ({ ppo_total: ppo, ptx_ce: crossEntropy, gamma, total }) => {
    equal(withPretraining(ppo, crossEntropy, gamma), total);
  },
  kl_estimators: ({ logp, ref, k1, k2, k3 }) => {
    equal(
      (['k1', 'k2', 'k3'] as const).map((estimator) => klEstimate(logp, ref, estimator)),
      [k1, k2, k3],
    );
  },
  dpo: ({ pi, ref, h, 'beta0.1': weak, 'beta0.5': strong, ...more }) => {
    const one = (length: number) => new Array<number>(length).fill(1);
    const whole = (lengths: readonly number[], logProbs = pi, refLogProbs = ref) => ({
      tokenLogProbs: lengths.map((length, i) => one(length).map(() => (logProbs[i] ?? NaN) / length)),
      mask: lengths.map(one),
      refLogProbs,
    });
    const input = whole([1, 1]);
    equal((pi[0] ?? NaN) - (pi[1] ?? NaN) - (ref[0] ?? NaN) + (ref[1] ?? NaN), h);
    for (const [beta, expected] of [
      [0.1, weak],
      [0.5, strong],
    ] as const) {
      const lossOf = (loss: 'sigmoid' | 'hinge' | 'robust' | 'ipo', labelSmoothing = 0) =>
        referenceDpoLoss(input, { loss, beta, labelSmoothing, lengths: 'sum' }).loss;
      equal([lossOf('sigmoid'), lossOf('hinge')], [expected.sigmoid, expected.hinge]);
      equal(lossOf('sigmoid', 0.1), expected['cdpo_eps0.1']);
      equal(lossOf('robust', 0.1), expected['robust_eps0.1']);
      equal(lossOf('ipo'), expected.ipo_sum);
    }
    const { rewards, grad } = referenceDpoLoss(input, { loss: 'sigmoid', beta: 0.1 });
    equal([rewards, grad[0] ?? []], [weak.reward, [weak.dLdlogpi_w]]);
    equal(
      referenceDpoLoss(whole([5, 4]), { loss: 'ipo', beta: 0.1 }).loss,
      more['ipo_mean_len5_len4_beta0.1'],
    );
    const rso = more['rso_gamma0.05'];
    equal(referenceDpoLoss(input, { loss: 'sigmoid', beta: 0.05 }).loss, rso.sigmoid_norm);
    equal(referenceDpoLoss(input, { loss: 'hinge', beta: 0.05 }).loss, rso.hinge_norm);
    const noReference = whole([1, 1], pi, [0, 0]);
    equal(referenceDpoLoss(noReference, { loss: 'hinge', beta: 0.05 }).loss, rso.slic_hinge_noref);
  },
  kway_rm: (golden) => {
    const scores = golden.r_best_to_worst;
    const all = rankingLoss([scores], [[1, 2, 3, 4]]);
    equal([all.loss, ...all.grad], [golden.bt_mean_C42, ...golden.grad]);
    equal(referencePlackettLuceLoss(scores).loss, golden.plackett_luce_nll);
    equal(referencePickBestLoss(scores, [1, 0, 0, 0]).loss, golden.pick_best_ce);
    equal(rankingLoss([scores], [[1, 2, 2, 3]]).loss, golden.tie_2_3_dropped_mean5);
    equal(rankingLoss([[0.2, -0.3]], [[1, 1]], 'half').loss, golden.tie_soft_half);
    equal(rankingLoss([scores], [[1, 2, 2, 3]], 'half').loss, golden.mean6_with_soft_tie);
    const two = rankingLoss(
      [scores, [0.5, 0.1]],
      [
        [1, 2, 3, 4],
        [1, 2],
      ],
    );
    const expected = golden['two_prompts_K4_and_K2_r_0.5_0.1'];
    // InstructGPT's mean over prompts is ours; the mean over all pairs lets a prompt with many outputs outweigh others.
    equal(two.loss, expected.per_prompt_mean);
    const flatPairs = two.pairs.map((pair) => ({ ...pair, weight: 1 / two.pairs.length }));
    equal(referencePairLoss([...scores, 0.5, 0.1], flatPairs).loss, expected.flat_mean7);
    const onePair = (margin: number, centering = 0) =>
      referencePairLoss([1.5, 0.2], [{ better: 0, worse: 1, weight: 1, margin }], centering).loss;
    equal([onePair(1), onePair(0)], [golden['margin1_pair_1.5_0.2'], golden.no_margin]);
    equal(onePair(0, 0.01) - onePair(0), golden['centering_0.01']);
    equal(scorePull(1.5, 0.2, 0.001), golden['oasst_l2_0.001']);
  },
  reward_gain_bias: (golden) => {
    const { gain, bias } = gainAndBias(
      { mean: golden.mean, std: golden.std },
      { mean: golden.target_mean, std: golden.target_std },
    );
    equal([gain, bias], [golden.gain, golden.bias]);
  },
  christiano: ({ r1, r2, ...expected }) => {
    const [sure, noisy] = [segmentPreference(r1, r2), segmentPreference(r1, r2, 0.1)];
    equal([sure, noisy], [expected.p, expected['p_noise0.1']]);
    equal(preferenceCrossEntropy(noisy, 1), expected.ce_mu1_noise);
    equal(preferenceCrossEntropy(noisy, 0.5), expected.ce_tie_noise);
    equal(preferenceCrossEntropy(sure, 1), expected.ce_mu1_no_noise);
  },
  rso: ({ cands, r, beta, n, u, accepted, first_pass_expected_acceptance: expected }) => {
    const draws = u.values();
    const uniform = () => draws.next().value ?? NaN;
    const names = [...cands];
    const chosen = rejectionSample(r, { beta, count: n, uniform });
    expect(chosen.map((i) => names[i])).toEqual([...accepted]);
    equal(expectedAcceptance(r, beta), expected);
  },
  bon_kl_bound: (bounds) => {
    for (const [n, bound] of Object.entries(bounds)) equal(bestOfNKlBound(Number(n)), bound);
  },
  rest_filter_strict: ({ raw, norm, kept }) => {
    for (const [tau, expected] of Object.entries(kept)) {
      const got = filterAbove(raw, Number(tau));
      equal(got.scaled, norm);
      expect(got.kept).toEqual([...expected]);
    }
  },
  adam_eps_style: ({ g, lr: learningRate, eps, torch, tf }) => {
    const after = (epsStyle: 'torch' | 'tf') =>
      referenceAdamW([0], [[g], [g], [g]], { learningRate, eps, epsStyle });
    equal(after('torch'), torch);
    equal(after('tf'), tf);
  },
  elo: (elo) => {
    equal([ELO_PER_LOGIT, sigmoid(1)], [elo.per_logit, elo.dPM1_prob]);
  },
  ensemble: ({ logit_diffs: differences, wco_uwo: combined, ...expected }) => {
    const { logitVariance, probabilityVariance, meanProbability } = disagreement(differences);
    equal(
      [logitVariance, probabilityVariance, meanProbability],
      [expected.var_unbiased, expected.prob_var_pop, expected.mean_prob],
    );
    const population = cautiousScore(combined.r, 0.5);
    equal([population.mean, population.worst], [combined.mean, combined.min]);
    equal(population.uncertaintyWeighted, combined['uwo_lam0.5_popvar']);
    equal(cautiousScore(combined.r, 0.5, 'bessel').uncertaintyWeighted, combined['uwo_lam0.5_unbiased']);
  },
  'ema_0.992_after3_from0_to1': (average) => {
    equal(exponentialAverage(0, 1, 0.992, 3), average);
  },
  rloo: ({ r, adv }) => {
    equal(leaveOneOutAdvantages(r), adv);
  },
  'grpo_eps1e-4': (advantages) => {
    equal(groupAdvantages(formulas.rloo.r, 1e-4), advantages);
  },
  pairs_K4_to_9: (counts) => {
    const got = [4, 5, 6, 7, 8, 9].map((K) => pairsOfRanks(Array.from({ length: K }, (_, i) => i)).length);
    equal(got, counts);
  },
  instructgpt_max_pairs_per_batch: (most) => {
    equal(64 * pairsOfRanks([1, 2, 3, 4, 5, 6, 7, 8, 9]).length, most);
  },
  cosine_to_10pct: (factors) => {
    for (const [progress, factor] of Object.entries(factors))
      equal(cosineToTenth(Number(progress) * 100, 100), factor);
  },
  overlong: ({ max, buf: buffer, len, pen }) => {
    equal(
      len.map((length) => overlongPenalty(length, { max, buffer })),
      pen,
    );
  },
  init_losses: (golden) => {
    const same = [0.3, 0.3, 0.3, 0.3];
    equal(rankingLoss([same], [[1, 2, 3, 4]]).loss, golden.rm_pair);
    const atReference = { tokenLogProbs: [[-3], [-2]], mask: [[1], [1]], refLogProbs: [-3, -2] };
    equal(referenceDpoLoss(atReference, { loss: 'sigmoid', beta: 0.1 }).loss, golden.dpo);
    equal(referencePickBestLoss(same, [0, 0, 1, 0]).loss, golden.pick_best4);
    equal(referencePlackettLuceLoss(same).loss, golden.pl_K4);
  },
  temp_logprob: ({ logits, 'T0.7_tok0': warm, T1_tok0: plain }) => {
    equal([logSoftmax(logits, 0.7)[0] ?? NaN, logSoftmax(logits)[0] ?? NaN], [warm, plain]);
  },
};

describe('every worked formula', () => {
  it('has a check', () => {
    expect(Object.keys(formulas).sort()).toEqual(Object.keys(checks).sort());
  });

  it.each(Object.keys(checks))('has its values in float64, all of them: %s', (name) => {
    expect(runSection(checks, formulas, name)).toEqual([]);
  });
});
