// Values that other projects publish in their tests, and the bandit whose optimum is known. As in golden.test.ts, a
// section without a check, or a value that its check never reads, is a failure.

import { describe, expect, it } from 'vitest';
import { estimateAdvantages } from '../returns/gae.ts';
import { exactKl, klEstimate } from '../returns/kl.ts';
import { bestOfNKlBound, bestOfNLaw } from '../selection/best-of-n.ts';
import { acceptanceOf } from '../selection/rejection.ts';
import { bandit, published } from '../testing/golden.ts';
import { runSection, type SectionChecks } from '../testing/read-tracker.ts';
import '../testing/to-be-all-close.ts';
import { logSoftmax } from './distributions.ts';
import { expectation, optimalPolicy, pairwiseLimits } from './optimal-policy.ts';
import { referencePolicyLoss } from './ppo-losses.ts';
import { referencePickBestLoss } from './ranking-loss.ts';

const exact = { atol: 1e-9, rtol: 1e-9 };

const publishedChecks: SectionChecks<Omit<typeof published, 'about'>> = {
  rlax_gae: ({ r, v_bootstrap_included: v, discount, atol, ...expected }) => {
    for (const [name, advantages] of Object.entries(expected)) {
      const got = r.map((rewards, b) =>
        estimateAdvantages({
          rewards,
          values: (v[b] ?? []).slice(0, -1),
          gamma: discount[b] ?? [],
          lambda: Number(name.replace('lambda_', '')),
          bootstrapValue: v[b]?.at(-1) ?? NaN,
        }),
      );
      expect(got.map((one) => one.advantages)).toBeAllClose(advantages, { atol });
    }
  },
  rlax_ppo_surrogate: ({ logits, old_logits, actions, advantages, epsilon, atol, ...expected }) => {
    const chosen = (rows: number[][]) => rows.map((row, i) => logSoftmax(row)[actions[i] ?? 0] ?? NaN);
    const at = (sign: number) =>
      referencePolicyLoss(
        chosen(logits),
        chosen(old_logits),
        advantages.map((a) => sign * a),
        epsilon,
      ).loss;
    expect([at(1), at(-1)]).toBeAllClose([expected.loss, expected.loss_negated_advantages], { atol });
  },
  'trl_0.11.4_kl': ({ logp, ref, k1, mse, full, atol }) => {
    const estimates = (estimator: 'k1' | 'k2') =>
      logp.map((row, b) => row.map((lp, t) => klEstimate(lp, ref[b]?.[t] ?? NaN, estimator)));
    expect(estimates('k1')).toBeAllClose(k1, { atol });
    expect(estimates('k2')).toBeAllClose(mse, { atol });
    for (const { p, q, kl } of full)
      expect(exactKl(p.map(Math.log), q.map(Math.log))).toBeAllClose(kl, { atol });
  },
  optax_ranking_softmax: ({ scores, labels }) => {
    const logP = logSoftmax(scores);
    const expected = -((logP[2] ?? NaN) + (logP[3] ?? NaN));
    expect(referencePickBestLoss(scores, labels).loss).toBeAllClose(expected, exact);
  },
};

const banditChecks: SectionChecks<Omit<typeof bandit, 'about'>> = {
  ref: (ref) => expect(ref.reduce((sum, p) => sum + p, 0)).toBeAllClose(1, exact),
  r: (rewards) => expect([...rewards].sort((a, b) => a - b)).toEqual([...rewards]),
  beta: (cases) => {
    for (const [beta, expected] of Object.entries(cases)) {
      const best = optimalPolicy(bandit.ref, bandit.r, Number(beta));
      expect(best.probabilities).toBeAllClose(expected.pi, exact);
      expect([best.expectedReward, best.kl, best.optimum]).toBeAllClose(
        [expected.expected_reward, expected.kl, expected.optimum],
        exact,
      );
      const acceptance = expectation(bandit.ref, acceptanceOf(bandit.r, Number(beta)));
      expect(acceptance).toBeAllClose(expected.rso_first_pass_acceptance, exact);
    }
  },
  population_bt_loss_uniform_pairs: (loss) => expect(pairwiseLimits(bandit.r).loss).toBeAllClose(loss, exact),
  bayes_accuracy: (accuracy) => expect(pairwiseLimits(bandit.r).accuracy).toBeAllClose(accuracy, exact),
  best_of_n: (cases) => {
    for (const [n, expected] of Object.entries(cases)) {
      const law = bestOfNLaw(bandit.ref, Number(n));
      expect(law).toBeAllClose(expected.pi, exact);
      expect(expectation(law, bandit.r)).toBeAllClose(expected.expected_reward, exact);
      expect(exactKl(law.map(Math.log), bandit.ref.map(Math.log))).toBeAllClose(expected.kl, exact);
      expect(bestOfNKlBound(Number(n))).toBeAllClose(expected.kl_upper_bound, exact);
    }
  },
};

describe.each([
  ['published.json', published, publishedChecks],
  ['bandit.json', bandit, banditChecks],
] as const)('every section of %s', (_file, sections, checks) => {
  it('has a check', () => {
    const names = Object.keys(sections).filter((name) => name !== 'about');
    expect(names.sort()).toEqual(Object.keys(checks).sort());
  });
});

describe('every value', () => {
  it.each(Object.keys(publishedChecks))('of published.json is read and right: %s', (name) => {
    expect(runSection(publishedChecks, published, name)).toEqual([]);
  });

  it.each(Object.keys(banditChecks))('of bandit.json is read and right: %s', (name) => {
    expect(runSection(banditChecks, bandit, name)).toEqual([]);
  });
});
