// The losses with the values and gradients that are known of them: worked formulas, and what TRL computes of its own.
// losses/golden-on-engines.test.ts runs them on every engine. Gradients that no file gives are the float64 references',
// which the tests beside the losses compare with finite differences.

import * as tf from '@tensorflow/tfjs-core';
import { dpoLoss } from '../losses/dpo-loss.ts';
import type { DpoLossName, DpoObjective } from '../losses/dpo-objective.ts';
import { ktoLoss } from '../losses/kto-loss.ts';
import { ppoPolicyLoss, ppoValueLoss } from '../losses/ppo-losses.ts';
import { referenceDpoLoss, type ReferenceDpoInput } from '../reference/dpo-loss.ts';
import { referenceKlBaseline } from '../reference/kto-loss.ts';
import { referencePolicyLoss, referenceValueLoss } from '../reference/ppo-losses.ts';
import { formulas, trl } from './golden.ts';
import { matrix, shapeOf, vector, type LossCase, type Rows } from './loss-case.ts';
import { rewardCases } from './reward-loss-cases.ts';
import { DPO_LOSS_NAMES, legacyDpoCases, trlDpoCases } from './trl-dpo.ts';

const sums = (rows: Rows) => rows.map((row) => row.reduce((sum, value) => sum + value, 0));

// 1. DPO and KTO, over log-probabilities of tokens.

function ofDpo(
  name: string,
  rows: ReferenceDpoInput,
  objective: DpoObjective,
  loss: number,
  grad?: Rows,
): LossCase {
  const { tokenLogProbs, mask, tokenWeights = mask, refLogProbs } = rows;
  const P = refLogProbs.length / 2;
  const { pairWeights = new Array<number>(P).fill(1 / P) } = rows;
  const lossOf = (at: tf.Tensor1D) =>
    dpoLoss(
      {
        tokenLogProbs: tf.reshape<tf.Rank.R2>(at, shapeOf(mask)),
        mask: matrix(mask),
        tokenWeights: matrix(tokenWeights),
        refLogProbs: vector(refLogProbs),
        pairWeights: vector(pairWeights),
      },
      objective,
    );
  const known = grad ?? referenceDpoLoss(rows, objective).grad;
  return { name, at: tokenLogProbs.flat(), lossOf, loss, grad: known.flat(), mask: mask.flat() };
}

function dpoCases(): LossCase[] {
  const { pi, ref, ...golden } = formulas.dpo;
  const onePair = (refLogProbs: number[]): ReferenceDpoInput => ({
    tokenLogProbs: pi.map((lp) => [lp]),
    mask: [[1], [1]],
    refLogProbs,
  });
  const lengths = [5, 4].map((length) => Array.from({ length: 5 }, (_, t) => (t < length ? 1 : 0)));
  const long: ReferenceDpoInput = {
    tokenLogProbs: lengths.map((row, i) => row.map((m) => (m * (pi[i] ?? NaN)) / (i === 0 ? 5 : 4))),
    mask: lengths,
    refLogProbs: ref,
  };
  const worked = [
    [0.1, golden['beta0.1']],
    [0.5, golden['beta0.5']],
  ] as const;
  return [
    ...worked.flatMap(([beta, expected]) => [
      ofDpo(`sigmoid, β ${beta}`, onePair(ref), { loss: 'sigmoid', beta }, expected.sigmoid),
      ofDpo(`hinge, β ${beta}`, onePair(ref), { loss: 'hinge', beta }, expected.hinge),
      ofDpo(
        `cDPO, β ${beta}`,
        onePair(ref),
        { loss: 'sigmoid', beta, labelSmoothing: 0.1 },
        expected['cdpo_eps0.1'],
      ),
      ofDpo(
        `robust, β ${beta}`,
        onePair(ref),
        { loss: 'robust', beta, labelSmoothing: 0.1 },
        expected['robust_eps0.1'],
      ),
      ofDpo(`ipo of sums, β ${beta}`, onePair(ref), { loss: 'ipo', beta, lengths: 'sum' }, expected.ipo_sum),
    ]),
    ofDpo('ipo of means', long, { loss: 'ipo', beta: 0.1 }, golden['ipo_mean_len5_len4_beta0.1']),
    ofDpo('SLiC', onePair([0, 0]), { loss: 'hinge', beta: 0.05 }, golden['rso_gamma0.05'].slic_hinge_noref),
    ...trlDpoCases().map(({ name, one, objective, input, grad }) =>
      ofDpo(name, input, objective, one.loss, grad),
    ),
    ...legacyDpoCases().map(({ name, one, objective, input }) => ofDpo(name, input, objective, one.loss)),
    ...DPO_LOSS_NAMES.flatMap(farAndPadded),
  ];
}

/**
 * Log-ratios of ±300 nats, pairs that count differently, and a pair of padding: what TRL has no values of. The values are
 * the float64 reference's.
 */
function farAndPadded(loss: DpoLossName): LossCase[] {
  const labelSmoothing = loss === 'exo-pair' ? 0.01 : 0;
  const rows = {
    tokenLogProbs: [
      [-1, -302],
      [-2, -3],
      [-5, -7],
      [-4, -4],
      [-3, -298],
      [-7, -7],
    ],
    mask: [
      [1, 1],
      [1, 0],
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ],
    refLogProbs: [-3, -302, 0, -308, -1, 0],
    pairWeights: [0.75, 0.25, 0],
  };
  return [0.1, 1].map((beta) => {
    const objective = { loss, beta, labelSmoothing };
    const known = referenceDpoLoss(rows, objective);
    return ofDpo(`${loss}, β ${beta}, at ±300 nats beside padding`, rows, objective, known.loss);
  });
}

function ktoCases(): LossCase[] {
  const { kto } = trl;
  const mask = kto.completion_mask.map((row) => row.slice(1));
  const driftRef = sums(kto.KL_ref_per_token_logps);
  const drifts = sums(kto.KL_policy_per_token_logps).map((lp, i) => lp - (driftRef[i] ?? NaN));
  return kto.cases.map((one) => ({
    name: `${one.loss_type}, β ${one.beta}, weights ${one.desirable_weight} and ${one.undesirable_weight}`,
    at: kto.policy_per_token_logps.flat(),
    lossOf: (at) =>
      ktoLoss(
        {
          tokenLogProbs: tf.reshape<tf.Rank.R2>(at, shapeOf(mask)),
          mask: matrix(mask),
          refLogProbs: vector(sums(kto.ref_per_token_logps)),
          sides: vector(kto.label.map((isGood) => (isGood ? 1 : -1))),
          weights: vector(
            kto.label.map(
              (isGood) => (isGood ? one.desirable_weight : one.undesirable_weight) / kto.label.length,
            ),
          ),
          baseline: tf.scalar(referenceKlBaseline(drifts)),
        },
        { loss: one.loss_type === 'kto' ? 'kto' : 'apo-zero', beta: one.beta },
      ),
    loss: one.loss,
    grad: one.grad_wrt_policy_per_token_logps.flatMap((row, i) =>
      row.map((g, t) => g * (mask[i]?.[t] ?? NaN)),
    ),
    mask: mask.flat(),
  }));
}

// 2. PPO. The two trainers of TRL differ in what is masked and in where the score is given.

interface PpoRow {
  readonly now: readonly number[];
  readonly old: readonly number[];
  /** Advantages of the policy, returns of the critic. */
  readonly aims: readonly number[];
  readonly mask: readonly number[];
  readonly clipRange: number;
}

/** Of float32 beside numbers near 1. */
const ROUNDING = 1e-6;

function ofPolicy(name: string, row: PpoRow, loss: number, grad?: readonly number[]): LossCase {
  const { now, old, aims, mask, clipRange } = row;
  const lossOf = (logProbs: tf.Tensor1D) =>
    ppoPolicyLoss({
      logProbs,
      oldLogProbs: vector(old),
      advantages: vector(aims),
      mask: vector(mask),
      clipRange,
    });
  const counted = (of: readonly number[]) => of.filter((_, t) => mask[t] === 1);
  const known = referencePolicyLoss(counted(now), counted(old), counted(aims), clipRange).grad;
  const corners = now.map((lp, t) =>
    Number(Math.abs(Math.abs(Math.exp(lp - (old[t] ?? NaN)) - 1) - clipRange) < ROUNDING),
  );
  return { name, at: now, lossOf, loss, grad: grad ?? spread(mask, known), mask, corners };
}

function ofCritic(name: string, row: PpoRow, loss: number, grad?: readonly number[]): LossCase {
  const { now, old, aims, mask, clipRange } = row;
  const lossOf = (values: tf.Tensor1D) =>
    ppoValueLoss({
      values,
      oldValues: vector(old),
      returns: vector(aims),
      mask: vector(mask),
      clipRange,
    });
  const counted = (of: readonly number[]) => of.filter((_, t) => mask[t] === 1);
  const known = referenceValueLoss(counted(now), counted(old), counted(aims), clipRange).grad;
  const corners = now.map((value, t) =>
    Number(Math.abs(Math.abs(value - (old[t] ?? NaN)) - clipRange) < ROUNDING),
  );
  return { name, at: now, lossOf, loss, grad: grad ?? spread(mask, known), mask, corners };
}

/** Numbers of the tokens that count, with 0 between them where one does not. */
function spread(mask: readonly number[], counted: readonly number[]): number[] {
  let next = 0;
  return mask.map((m) => (m === 1 ? (counted[next++] ?? NaN) : 0));
}

function ppoCases(): LossCase[] {
  const { ppo_loss: policy, value_loss: critic } = formulas;
  const ones = [1, 1, 1];
  const inverted = (rows: readonly (readonly boolean[])[]) =>
    rows.flat().map((isPadding) => (isPadding ? 0 : 1));
  const [now112, now0114] = [trl['ppo_1.12.0'], trl['ppo_legacy_0.11.4']];
  return [
    ofPolicy(
      'the worked policy loss',
      { now: policy.new, old: policy.old, aims: policy.adv, mask: ones, clipRange: policy.eps },
      policy.loss,
    ),
    ofCritic(
      'the worked value loss',
      { now: critic.v, old: critic.vold, aims: critic.ret, mask: ones, clipRange: critic.eps },
      critic.loss,
    ),
    ...now112.cases.flatMap((one, i) => [
      ofPolicy(
        `the policy of TRL 1.12, case ${i}`,
        {
          now: now112.new_logprobs.flat(),
          old: now112.logprobs.flat(),
          aims: one.advantages_whitened.flat(),
          mask: inverted(one.padding_mask),
          clipRange: one.cliprange,
        },
        one.pg_loss,
        one.grad_new_logprobs.flat(),
      ),
      ofCritic(
        `the critic of TRL 1.12, case ${i}`,
        {
          now: now112.vpred.flat(),
          old: one.values_masked.flat(),
          aims: one.returns.flat(),
          mask: inverted(one.padding_mask_p1),
          clipRange: one.cliprange_value,
        },
        one['vf_loss_(incl_0.5)'],
        // Theirs is of the total, in which the value loss is weighted.
        one.grad_vpred.flat().map((g) => g / one.vf_coef),
      ),
    ]),
    ...now0114.cases.flatMap((one, i) => [
      ofPolicy(
        `the policy of TRL 0.11.4, case ${i}`,
        {
          now: now0114.new_logprobs.flat(),
          old: now0114.logprobs.flat(),
          aims: one.advantages_whitened.flat(),
          mask: now0114.mask.flat(),
          clipRange: now0114.cliprange,
        },
        one.pg_loss,
      ),
      ofCritic(
        `the critic of TRL 0.11.4, case ${i}`,
        {
          now: now0114.vpred.flat(),
          old: now0114.values.flat(),
          aims: one.returns.flat(),
          mask: now0114.mask.flat(),
          clipRange: now0114.cliprange_value,
        },
        one['vf_coef*vf_loss'] / now0114.vf_coef,
      ),
    ]),
  ];
}

/** By what is trained with them. */
export const LOSS_CASES = {
  'reward training': rewardCases(),
  DPO: dpoCases(),
  KTO: ktoCases(),
  PPO: ppoCases(),
} as const;
