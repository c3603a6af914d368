// TRL's cases of direct preference optimisation in our words, and what has to be true of them in float64.

import { DPO_SETTINGS } from '@rankloop/contracts';
import { expect } from 'vitest';
import type { Divergence, DpoLossName, DpoObjective } from '../losses/dpo-objective.ts';
import { tailWeights } from '../losses/tail-weights.ts';
import { referenceDpoLoss, type ReferenceDpoInput } from '../reference/dpo-loss.ts';
import { trl } from './golden.ts';
import type { SectionChecks } from './read-tracker.ts';
import type { Tolerance } from './to-be-all-close.ts';

type Section = (typeof trl)['dpo'];
type Legacy = (typeof trl)['dpo_legacy_0.11.4'];
type Rows = readonly (readonly number[])[];

const exact = { atol: 1e-9, rtol: 1e-9 };
/** Of exo-pair TRL takes log ε in float32. */
const coarse = { atol: 1e-7, rtol: 0 };
/** Shares that TRL computes in float32. */
const single = { atol: 1e-6, rtol: 1e-6 };

export const DPO_LOSS_NAMES: readonly DpoLossName[] = DPO_SETTINGS.loss.choices.filter(
  (name) => name !== 'cdpo',
);

/** exo_pair is our exo-pair. */
function named<Name extends string>(names: readonly Name[], theirs: string): Name {
  const name = names.find((one) => one === theirs.replaceAll('_', '-'));
  if (name === undefined) throw new Error(`TRL's ${theirs} is not among ${names.join(', ')}.`);
  return name;
}

function objectiveOf(one: Section['cases'][number]): DpoObjective {
  const { loss_type: types, loss_weights: weights = [1], beta, label_smoothing: labelSmoothing = 0 } = one;
  const [first = '', ...others] = typeof types === 'string' ? [types] : types;
  expect(weights[0]).toBe(1);
  const divergence: Divergence =
    one.fdiv === undefined ? 'reverse-kl' : named(DPO_SETTINGS.divergence.choices, one.fdiv);
  const isMean = first === 'sigmoid_norm';
  return {
    loss: isMean ? 'sigmoid' : named(DPO_LOSS_NAMES, first),
    added: others.map((type, i) => ({ loss: named(DPO_LOSS_NAMES, type), weight: weights[i + 1] ?? NaN })),
    beta,
    labelSmoothing,
    divergence,
    ...(isMean && { lengths: 'mean' }),
  };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const weighed = (rows: Rows, weights: Rows) =>
  rows.map((row, i) => sum(row.map((value, t) => value * (weights[i]?.[t] ?? NaN))));

/** Column k of TRL's log-probabilities scores token k + 1. */
function inputOf(section: Section, tailWeight: number): Required<Omit<ReferenceDpoInput, 'pairWeights'>> {
  const mask = section.completion_mask.map((row) => row.filter((_, k) => k > 0));
  const sizes = mask.map(sum);
  const P = sizes.length / 2;
  const tokenWeights = mask.map((row, i) =>
    tailWeights(row, Math.min(sizes[i % P] ?? NaN, sizes[(i % P) + P] ?? NaN), tailWeight),
  );
  const refLogProbs = weighed(section.ref_per_token_logps, tokenWeights);
  return { tokenLogProbs: section.policy_per_token_logps, mask, tokenWeights, refLogProbs };
}

/** Every case of TRL 1.16. */
export function trlDpoCases(section: Section = trl.dpo) {
  return section.cases.map((one, i) => {
    const objective = objectiveOf(one);
    const { ld_alpha: tailWeight = 1, beta } = one;
    const input = inputOf(section, tailWeight);
    const type = String(one.loss_type);
    const extra = one.fdiv ?? (tailWeight === 1 ? '' : `tails ${tailWeight}`);
    return {
      name: `TRL 1.16, case ${i}: ${type}, β ${beta} ${extra}`.trimEnd(),
      one,
      objective,
      input,
      /** TRL's are by log-probabilities that were masked before; ours mask, so that padding gets 0. */
      grad: one.grad_wrt_policy_per_token_logps.map((row, r) =>
        row.map((g, t) => g * (input.mask[r]?.[t] ?? NaN)),
      ),
      tolerance: tolerantOf(objective),
    };
  });
}

/** Every case of TRL 0.11.4, whose ipo is over sums. */
export function legacyDpoCases(section: Legacy = trl['dpo_legacy_0.11.4']) {
  const { tokenLogProbs, mask, refLogProbs } = inputOf(trl.dpo, 1);
  return section.cases.map((one, i) => {
    const { loss_type: type, beta, label_smoothing: labelSmoothing } = one;
    const loss = named(DPO_LOSS_NAMES, type);
    const objective: DpoObjective = { loss, beta, labelSmoothing, lengths: 'sum' };
    return {
      name: `TRL 0.11.4, case ${i}: ${type}, β ${beta}, smoothing ${labelSmoothing}`,
      one,
      objective,
      input: { tokenLogProbs, mask, refLogProbs },
    };
  });
}

const tolerantOf = ({ loss }: DpoObjective): Tolerance => (loss === 'exo-pair' ? coarse : exact);
const mean = (values: readonly number[]) => sum(values) / values.length;

export const dpoChecks: SectionChecks<Pick<typeof trl, 'dpo' | 'dpo_legacy_0.11.4'>> = {
  dpo: (section) => {
    expect(section.completion_mask.map((row) => row[0])).toEqual(section.completion_mask.map(() => 0));
    expect(section.policy_per_token_logps.map(sum)).toBeAllClose(section.policy_logps, exact);
    expect(section.ref_per_token_logps.map(sum)).toBeAllClose(section.ref_logps, exact);
    for (const { one, objective, input, grad, tolerance } of trlDpoCases(section)) {
      const got = referenceDpoLoss(input, objective);
      expect(got.loss).toBeAllClose(one.loss, tolerance);
      if (one.loss_float32 !== undefined)
        expect(got.loss).toBeAllClose(one.loss_float32, { atol: 0, rtol: 1e-6 });
      expect(got.grad).toBeAllClose(grad, tolerance);
      checkMetrics(got.rewards, weighed(input.tokenLogProbs, input.tokenWeights), one.metrics);
    }
  },
  'dpo_legacy_0.11.4': (section) => {
    for (const { one, objective, input } of legacyDpoCases(section)) {
      const got = referenceDpoLoss(input, objective);
      expect(got.perPair).toBeAllClose(one.per_pair_losses, exact);
      expect(got.loss).toBeAllClose(one.loss, exact);
      expect(got.rewards).toBeAllClose([...one.chosen_rewards, ...one.rejected_rewards], exact);
    }
  },
};

function checkMetrics(
  rewards: readonly number[],
  logProbs: readonly number[],
  metrics: Section['cases'][number]['metrics'],
): void {
  const P = rewards.length / 2;
  const [chosen, rejected] = [rewards.slice(0, P), rewards.slice(P)];
  expect(mean(chosen)).toBeAllClose(metrics['rewards/chosen'], exact);
  expect(mean(rejected)).toBeAllClose(metrics['rewards/rejected'], exact);
  expect(mean(chosen) - mean(rejected)).toBeAllClose(metrics['rewards/margins'], exact);
  const right = chosen.filter((reward, p) => reward > (rejected[p] ?? NaN)).length / P;
  expect(right).toBeAllClose(metrics['rewards/accuracies'], single);
  expect(mean(logProbs.slice(0, P))).toBeAllClose(metrics['logps/chosen'], exact);
  expect(mean(logProbs.slice(P))).toBeAllClose(metrics['logps/rejected'], exact);
}
