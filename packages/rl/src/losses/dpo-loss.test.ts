import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../engine/use-engine.ts';
import { testEngine } from '../testing/test-engines.ts';
import { referenceDpoLoss, type ReferenceDpoInput } from '../reference/dpo-loss.ts';
import { finiteDifferences } from '../testing/finite-differences.ts';
import { formulas, trl } from '../testing/golden.ts';
import '../testing/to-be-all-close.ts';
import { dpoLoss, type DpoLossName, type DpoObjective } from './dpo-loss.ts';

beforeAll(() => useEngine({ prefer: testEngine }));

const exact = { atol: 1e-9, rtol: 0 };

/** Value and gradient on the engine. */
function onEngine(input: ReferenceDpoInput, objective: DpoObjective) {
  const { tokenLogProbs, mask, refLogProbs } = input;
  const P = refLogProbs.length / 2;
  const pairWeights = input.pairWeights ?? new Array<number>(P).fill(1 / P);
  const shape: [number, number] = [2 * P, mask[0]?.length ?? 0];
  const gradOf = tf.valueAndGrad((x) =>
    dpoLoss(
      {
        tokenLogProbs: tf.reshape<tf.Rank.R2>(x, shape),
        mask: tf.tensor2d(mask.flat(), shape),
        refLogProbs: tf.tensor1d([...refLogProbs]),
        pairWeights: tf.tensor1d([...pairWeights]),
      },
      objective,
    ),
  );
  const { value, grad } = gradOf(tf.tensor2d(tokenLogProbs.flat(), shape));
  return { loss: value.dataSync()[0] ?? NaN, grad: Array.from(grad.dataSync()) };
}

/** Column k of TRL's log-probabilities scores token k + 1. */
const trlInput: ReferenceDpoInput = {
  tokenLogProbs: trl.dpo.policy_per_token_logps,
  mask: trl.dpo.completion_mask.map((row) => row.slice(1)),
  refLogProbs: trl.dpo.ref_logps,
};

/** One pair of outputs of `lengths` tokens with the given log-probabilities of the whole. */
function pairOf([better, worse]: number[], ref: number[], lengths: [number, number] = [1, 1]) {
  const T = Math.max(...lengths);
  const row = (total: number | undefined, length: number) =>
    Array.from({ length: T }, (_, t) => (t < length ? (total ?? NaN) / length : 0));
  return {
    tokenLogProbs: [row(better, lengths[0]), row(worse, lengths[1])],
    mask: lengths.map((length) => Array.from({ length: T }, (_, t) => (t < length ? 1 : 0))),
    refLogProbs: ref,
  };
}

describe('the losses of DPO', () => {
  const { pi, ref, 'beta0.1': weak, 'beta0.5': strong } = formulas.dpo;
  it.each<[DpoObjective, number]>([
    [{ loss: 'sigmoid', beta: 0.1 }, weak.sigmoid],
    [{ loss: 'sigmoid', beta: 0.1, labelSmoothing: 0.1 }, weak['cdpo_eps0.1']],
    [{ loss: 'robust', beta: 0.1, labelSmoothing: 0.1 }, weak['robust_eps0.1']],
    [{ loss: 'hinge', beta: 0.1 }, weak.hinge],
    [{ loss: 'ipo', beta: 0.1, lengths: 'sum' }, weak.ipo_sum],
    [{ loss: 'sigmoid', beta: 0.5 }, strong.sigmoid],
    [{ loss: 'sigmoid', beta: 0.5, labelSmoothing: 0.1 }, strong['cdpo_eps0.1']],
    [{ loss: 'robust', beta: 0.5, labelSmoothing: 0.1 }, strong['robust_eps0.1']],
    [{ loss: 'hinge', beta: 0.5 }, strong.hinge],
    [{ loss: 'ipo', beta: 0.5, lengths: 'sum' }, strong.ipo_sum],
    // RSO's names for two of them.
    [{ loss: 'sigmoid', beta: 0.05 }, formulas.dpo['rso_gamma0.05'].sigmoid_norm],
    [{ loss: 'hinge', beta: 0.05 }, formulas.dpo['rso_gamma0.05'].hinge_norm],
  ])('have the worked value: %j', (objective, expected) => {
    expect(referenceDpoLoss(pairOf(pi, ref), objective).loss).toBeAllClose(expected, exact);
    expect(onEngine(pairOf(pi, ref), objective).loss).toBeAllClose(expected);
  });

  it('have the worked value where log-ratios are averaged over outputs of 5 and 4 tokens', () => {
    const [input, objective] = [pairOf(pi, ref, [5, 4]), { loss: 'ipo', beta: 0.1 } as const];
    const expected = formulas.dpo['ipo_mean_len5_len4_beta0.1'];
    expect(referenceDpoLoss(input, objective).loss).toBeAllClose(expected, exact);
    expect(onEngine(input, objective).loss).toBeAllClose(expected);
  });

  it('have the worked value without a reference (SLiC)', () => {
    const input = pairOf(pi, [0, 0]);
    const expected = formulas.dpo['rso_gamma0.05'].slic_hinge_noref;
    expect(referenceDpoLoss(input, { loss: 'hinge', beta: 0.05 }).loss).toBeAllClose(expected, exact);
  });

  it('have the worked rewards and slope', () => {
    const { rewards, grad } = referenceDpoLoss(pairOf(pi, ref), { loss: 'sigmoid', beta: 0.1 });
    expect(rewards).toBeAllClose(weak.reward, exact);
    expect(grad[0] ?? []).toBeAllClose([weak.dLdlogpi_w], exact);
  });

  it('begin at ln 2 where the policy is the reference', () => {
    const input = { ...trlInput, refLogProbs: trl.dpo.policy_logps };
    const { loss } = onEngine(input, { loss: 'sigmoid', beta: 0.1 });
    expect(loss).toBeAllClose(formulas.init_losses.dpo, { atol: 1e-7, rtol: 0 });
  });
});

const OURS: readonly DpoLossName[] = ['sigmoid', 'robust', 'hinge', 'ipo'];

/** TRL's case as an objective of ours; null for the losses that we do not have. */
function objectiveOf(one: (typeof trl.dpo.cases)[number]): DpoObjective | null {
  const { loss_type: type, beta, label_smoothing: labelSmoothing = 0 } = one;
  if (one.ld_alpha !== undefined || one.fdiv !== undefined) return null;
  if (type === 'sigmoid_norm') return { loss: 'sigmoid', beta, lengths: 'mean' };
  const loss = OURS.find((name) => name === type);
  return loss === undefined ? null : { loss, beta, labelSmoothing };
}

const known = trl.dpo.cases.flatMap((one) => {
  const objective = objectiveOf(one);
  return objective === null ? [] : [{ one, objective }];
});

describe('the losses of TRL 1.16', () => {
  it.each(known)('are ours, with their gradients: $objective', ({ one, objective }) => {
    const reference = referenceDpoLoss(trlInput, objective);
    expect(reference.loss).toBeAllClose(one.loss, { atol: 1e-9, rtol: 1e-12 });
    // TRL's are with respect to log-probabilities that were masked before; ours mask, so that padding gets 0.
    const expected = trlInput.mask.map((row, i) =>
      row.map((m, t) => m * (one.grad_wrt_policy_per_token_logps[i]?.[t] ?? NaN)),
    );
    expect(reference.grad).toBeAllClose(expected, exact);
    const engine = onEngine(trlInput, objective);
    expect(engine.loss).toBeAllClose(one.loss);
    expect(engine.grad).toBeAllClose(expected.flat());
  });

  it('are these and no others', () => {
    expect(new Set(known.map(({ one }) => one.loss_type))).toEqual(new Set([...OURS, 'sigmoid_norm']));
    const others = trl.dpo.cases.filter((one) => objectiveOf(one) === null);
    expect(
      others.map((one) => one.fdiv ?? (one.ld_alpha === undefined ? one.loss_type : 'ld_alpha')),
    ).toEqual([
      'exo_pair',
      'exo_pair',
      'nca_pair',
      'bco_pair',
      'sppo_hard',
      'aot',
      'aot_unpaired',
      'apo_zero',
      'apo_down',
      'discopop',
      'sft',
      'ld_alpha',
      'forward_kl',
      'js_divergence',
      ['sigmoid', 'sft'],
    ]);
  });
});

describe('the losses of TRL 0.11.4', () => {
  it.each(trl['dpo_legacy_0.11.4'].cases.filter(({ loss_type: type }) => type !== 'exo_pair'))(
    'are ours: $loss_type, β $beta, smoothing $label_smoothing; ipo over sums',
    ({ loss_type: type, beta, label_smoothing: labelSmoothing, ...expected }) => {
      const loss = OURS.find((name) => name === type) ?? 'sigmoid';
      const objective = { loss, beta, labelSmoothing, lengths: 'sum' as const };
      const reference = referenceDpoLoss(trlInput, objective);
      expect(reference.perPair).toBeAllClose(expected.per_pair_losses, exact);
      expect(reference.loss).toBeAllClose(expected.loss, exact);
      const rewards = [...expected.chosen_rewards, ...expected.rejected_rewards];
      expect(reference.rewards).toBeAllClose(rewards, exact);
      expect(onEngine(trlInput, objective).loss).toBeAllClose(expected.loss);
    },
  );
});

describe('refusals', () => {
  const input = pairOf([-1, -2], [-1, -2]);
  it.each<[DpoObjective, string]>([
    [{ loss: 'sigmoid', beta: 0 }, 'β above 0'],
    [{ loss: 'robust', beta: 0.1, labelSmoothing: 0.5 }, 'below ½'],
    [{ loss: 'ipo', beta: 0.1, labelSmoothing: 0.1 }, 'no label smoothing'],
  ])('name the setting: %j', (objective, message) => {
    expect(() => onEngine(input, objective)).toThrow(message);
    expect(() => referenceDpoLoss(input, objective)).toThrow(message);
  });

  it('name the shapes', () => {
    const wrong = { ...input, pairWeights: [0.5, 0.5] };
    expect(() => onEngine(wrong, { loss: 'sigmoid', beta: 1 })).toThrow(
      'DPO over 2 pairs needs log-probabilities and a mask of [4, T]',
    );
  });
});

describe('the gradient', () => {
  it.each<DpoObjective>([
    { loss: 'sigmoid', beta: 0.3, labelSmoothing: 0.2 },
    { loss: 'robust', beta: 0.7, labelSmoothing: 0.1 },
    { loss: 'hinge', beta: 0.4 },
    { loss: 'ipo', beta: 0.2 },
    { loss: 'ipo', beta: 0.2, lengths: 'sum' },
  ])('is that of finite differences: %j', (objective) => {
    const input = { ...trlInput, pairWeights: [0.5, 0.3, 0.2] };
    const T = 5;
    const rows = (flat: readonly number[]) => input.mask.map((_, i) => flat.slice(i * T, (i + 1) * T));
    const at = input.tokenLogProbs.flat();
    const numeric = finiteDifferences(
      (x) => referenceDpoLoss({ ...input, tokenLogProbs: rows(x) }, objective).loss,
      at,
    );
    expect(referenceDpoLoss(input, objective).grad).toBeAllClose(rows(numeric), { atol: 1e-7 });
    expect(onEngine(input, objective).grad).toBeAllClose(numeric, { atol: 2e-6 });
  });
});
