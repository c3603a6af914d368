import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../engine/use-engine.ts';
import { testEngine } from '../testing/test-engines.ts';
import { referenceDpoLoss, type ReferenceDpoInput } from '../reference/dpo-loss.ts';
import { finiteDifferences } from '../testing/finite-differences.ts';
import { formulas, trl } from '../testing/golden.ts';
import '../testing/to-be-all-close.ts';
import { DPO_LOSS_NAMES, legacyDpoCases, trlDpoCases } from '../testing/trl-dpo.ts';
import { dpoLoss } from './dpo-loss.ts';
import { DISCOPOP_TAU, type Divergence, type DpoLossName, type DpoObjective } from './dpo-objective.ts';
import { tailWeights } from './tail-weights.ts';

beforeAll(() => useEngine({ prefer: testEngine }));

const exact = { atol: 1e-9, rtol: 0 };

/** Value and gradient on the engine. */
function onEngine(input: ReferenceDpoInput, objective: DpoObjective) {
  const { tokenLogProbs, mask, tokenWeights = mask, refLogProbs } = input;
  const P = refLogProbs.length / 2;
  const pairWeights = input.pairWeights ?? new Array<number>(P).fill(1 / P);
  const shape: [number, number] = [2 * P, mask[0]?.length ?? 0];
  const gradOf = tf.valueAndGrad((x) =>
    dpoLoss(
      {
        tokenLogProbs: tf.reshape<tf.Rank.R2>(x, shape),
        mask: tf.tensor2d(mask.flat(), shape),
        tokenWeights: tf.tensor2d(tokenWeights.flat(), shape),
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

describe('the losses of TRL 1.16', () => {
  it.each(trlDpoCases())('are ours, with their gradients: $name', (known) => {
    const { one, objective, input, grad, tolerance } = known;
    const reference = referenceDpoLoss(input, objective);
    expect(reference.loss).toBeAllClose(one.loss, tolerance);
    expect(reference.grad).toBeAllClose(grad, tolerance);
    const engine = onEngine(input, objective);
    expect(engine.loss).toBeAllClose(one.loss);
    expect(engine.grad).toBeAllClose(grad.flat());
  });

  it('are all of ours', () => {
    const theirs = trlDpoCases().map(({ objective }) => objective.loss);
    expect([...new Set(theirs)].sort()).toEqual([...DPO_LOSS_NAMES].sort());
  });
});

describe('the losses of TRL 0.11.4', () => {
  it.each(legacyDpoCases())('are ours: $name', ({ one, objective, input }) => {
    const reference = referenceDpoLoss(input, objective);
    expect(reference.perPair).toBeAllClose(one.per_pair_losses, exact);
    expect(reference.loss).toBeAllClose(one.loss, exact);
    expect(reference.rewards).toBeAllClose([...one.chosen_rewards, ...one.rejected_rewards], exact);
    expect(onEngine(input, objective).loss).toBeAllClose(one.loss);
  });
});

/** With what the loss cannot do without. */
function objectiveWith(loss: DpoLossName, more: Partial<DpoObjective> = {}): DpoObjective {
  return { loss, beta: 0.3, ...(loss === 'exo-pair' && { labelSmoothing: 0.05 }), ...more };
}

describe('a batch', () => {
  const weighed: ReferenceDpoInput = { ...trlInput, pairWeights: [0.5, 0.25, 0.25] };
  /** The pairs at some places, all of them equal. */
  const pairsAt = (places: readonly number[]): ReferenceDpoInput => {
    const rows = [...places, ...places.map((p) => p + 3)];
    const pick = <T>(items: readonly T[]) => rows.flatMap((i) => items.slice(i, i + 1));
    return {
      tokenLogProbs: pick(trlInput.tokenLogProbs),
      mask: pick(trlInput.mask),
      refLogProbs: pick(trlInput.refLogProbs),
    };
  };

  it.each(DPO_LOSS_NAMES)('counts a pair of weight 2 as the pair given twice, by %s', (loss) => {
    const objective = objectiveWith(loss);
    const twice = pairsAt([0, 0, 1, 2]);
    expect(referenceDpoLoss(weighed, objective).loss).toBeAllClose(
      referenceDpoLoss(twice, objective).loss,
      exact,
    );
    expect(onEngine(weighed, objective).loss).toBeAllClose(onEngine(twice, objective).loss);
  });

  it.each(DPO_LOSS_NAMES)('is the same beside a pair of padding, which gets no gradient, by %s', (loss) => {
    const objective = objectiveWith(loss);
    const [tokens, nothing] = [
      [-3, -99, 0, -1, -2],
      [0, 0, 0, 0, 0],
    ];
    const beside = <T>(rows: readonly T[], row: T) => [...rows.slice(0, 3), row, ...rows.slice(3), row];
    const padded: ReferenceDpoInput = {
      tokenLogProbs: beside(trlInput.tokenLogProbs, tokens),
      mask: beside(trlInput.mask, nothing),
      refLogProbs: beside(trlInput.refLogProbs, 0),
      pairWeights: [0.5, 0.25, 0.25, 0],
    };
    const [alone, got] = [onEngine(weighed, objective), onEngine(padded, objective)];
    expect(got.loss).toBeAllClose(alone.loss);
    expect([...got.grad.slice(0, 15), ...got.grad.slice(20, 35)]).toBeAllClose(alone.grad);
    const ofPadding = [...got.grad.slice(15, 20), ...got.grad.slice(35)];
    expect(ofPadding.every((g) => g === 0)).toBe(true);
  });

  it.each(['aot', 'aot-unpaired'] as const)('of one pair is judged by %s as by sigmoid', (loss) => {
    const one = pairsAt([1]);
    const [sigmoid, got] = [
      onEngine(one, { loss: 'sigmoid', beta: 0.3 }),
      onEngine(one, { loss, beta: 0.3 }),
    ];
    expect([got.loss, ...got.grad]).toBeAllClose([sigmoid.loss, ...sigmoid.grad]);
  });
});

describe('discopop', () => {
  it('pushes a lead to the wrong side where βh is between -2.37 τ and 1.44 τ, and to the right side elsewhere', () => {
    const pullAt = (lead: number) => {
      const { grad } = referenceDpoLoss(pairOf([lead - 9, -9], [-9, -9]), { loss: 'discopop', beta: 1 });
      return Math.sign(-(grad[0]?.[0] ?? NaN));
    };
    const leads = [-2.38, -2.36, 0, 1.43, 1.45, 20].map((share) => share * DISCOPOP_TAU);
    expect(leads.map(pullAt)).toEqual([1, -1, -1, -1, 1, 1]);
  });
});

describe('a mix of losses', () => {
  it('is their weighted sum, each with its own convention of lengths', () => {
    const added = [
      { loss: 'bco-pair', weight: 0.25 },
      { loss: 'sft', weight: 1.25 },
      { loss: 'ipo', weight: 0.5 },
    ] as const;
    const mixed: DpoObjective = { loss: 'sigmoid', beta: 0.3, added };
    const parts = [{ loss: 'sigmoid', weight: 1 } as const, ...added].map(({ loss, weight }) => {
      const part = referenceDpoLoss(trlInput, { loss, beta: 0.3 });
      return { loss: weight * part.loss, grad: part.grad.flat().map((g) => weight * g) };
    });
    const got = onEngine(trlInput, mixed);
    expect(got.loss).toBeAllClose(parts.reduce((sum, { loss }) => sum + loss, 0));
    expect(got.grad).toBeAllClose(
      got.grad.map((_, n) => parts.reduce((sum, { grad }) => sum + (grad[n] ?? NaN), 0)),
    );
  });
});

describe('tokens beyond the shorter output', () => {
  it('count α, those before them whole, and padding nothing', () => {
    expect(tailWeights([0, 1, 1, 0, 1, 1, 0], 2, 0.25)).toEqual([0, 1, 1, 0, 0.25, 0.25, 0]);
    expect(tailWeights([1, 1, 1], 2, 1)).toEqual([1, 1, 1]);
    expect(tailWeights([1, 1, 1], 2, 0)).toEqual([1, 1, 0]);
  });
});

describe('refusals', () => {
  const input = pairOf([-1, -2], [-1, -2]);
  it.each<[DpoObjective, string]>([
    [{ loss: 'sigmoid', beta: 0 }, 'β above 0'],
    [{ loss: 'robust', beta: 0.1, labelSmoothing: 0.5 }, 'below ½'],
    [{ loss: 'ipo', beta: 0.1, labelSmoothing: 0.1 }, 'no label smoothing'],
    [{ loss: 'exo-pair', beta: 0.1 }, 'exo-pair loss needs a label smoothing above 0'],
    [{ loss: 'nca-pair', beta: 0.1, divergence: 'forward-kl' }, 'nca-pair loss does not look at leads alone'],
    [
      { loss: 'sigmoid', beta: 0.1, divergence: 'js-divergence', added: [{ loss: 'bco-pair', weight: 1 }] },
      'bco-pair loss does not look at leads alone',
    ],
    [{ loss: 'sigmoid', beta: 0.1, added: [{ loss: 'sft', weight: 0 }] }, 'sft loss needs a weight above 0'],
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

/** Losses of the lead, for which every divergence makes sense. */
const OF_LEADS = ['sigmoid', 'robust', 'hinge', 'ipo', 'exo-pair', 'discopop'] as const;
const DIVERGENCES: readonly Divergence[] = ['forward-kl', 'js-divergence'];

describe('the gradient', () => {
  it.each<DpoObjective>([
    { loss: 'sigmoid', beta: 0.3, labelSmoothing: 0.2 },
    { loss: 'robust', beta: 0.7, labelSmoothing: 0.1 },
    { loss: 'ipo', beta: 0.2, lengths: 'sum' },
    { loss: 'aot', beta: 0.3, labelSmoothing: 0.1, lengths: 'mean' },
    { loss: 'aot-unpaired', beta: 0.3, lengths: 'mean' },
    { loss: 'sigmoid', beta: 0.3, added: [{ loss: 'sft', weight: 0.2 }] },
    ...DPO_LOSS_NAMES.map((loss) => objectiveWith(loss)),
    ...OF_LEADS.flatMap((loss) => DIVERGENCES.map((divergence) => objectiveWith(loss, { divergence }))),
  ])('is that of finite differences, where tokens and pairs count differently: %j', (objective) => {
    const tokenWeights = trlInput.mask.map((row) => tailWeights(row, 3, 0.4));
    const input = { ...trlInput, tokenWeights, pairWeights: [0.5, 0.3, 0.2] };
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

  it.each(OF_LEADS.flatMap((loss) => DIVERGENCES.map((divergence) => ({ loss, divergence }))))(
    'stays finite, and the same as in float64, 300 nats from the reference: $loss, $divergence',
    ({ loss, divergence }) => {
      for (const [better, worse] of [
        [-300, 300],
        [300, -300],
        [-300, -300],
      ] as const) {
        const input = pairOf([better - 400, worse - 400], [-400, -400]);
        const objective = objectiveWith(loss, { divergence });
        const [got, known] = [onEngine(input, objective), referenceDpoLoss(input, objective)];
        expect([got.loss, ...got.grad].every(Number.isFinite)).toBe(true);
        expect(got.loss).toBeAllClose(known.loss, { rtol: 1e-4 });
        expect(got.grad).toBeAllClose(known.grad.flat(), { rtol: 1e-4 });
      }
    },
  );
});
