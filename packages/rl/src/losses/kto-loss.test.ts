import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../engine/use-engine.ts';
import { referenceKlBaseline, referenceKtoLoss, type ReferenceKtoInput } from '../reference/kto-loss.ts';
import { finiteDifferences } from '../testing/finite-differences.ts';
import { trl } from '../testing/golden.ts';
import { testEngine } from '../testing/test-engines.ts';
import '../testing/to-be-all-close.ts';
import { klBaseline, ktoLoss, type KtoObjective } from './kto-loss.ts';

beforeAll(() => useEngine({ prefer: testEngine }));

/** Value and gradient on the engine. */
function onEngine(input: ReferenceKtoInput, objective: KtoObjective) {
  const { tokenLogProbs, mask, refLogProbs, sides, weights, baseline } = input;
  const shape: [number, number] = [refLogProbs.length, mask[0]?.length ?? 0];
  const gradOf = tf.valueAndGrad((x) =>
    ktoLoss(
      {
        tokenLogProbs: tf.reshape<tf.Rank.R2>(x, shape),
        mask: tf.tensor2d(mask.flat(), shape),
        refLogProbs: tf.tensor1d([...refLogProbs]),
        sides: tf.tensor1d([...sides]),
        weights: tf.tensor1d([...weights]),
        baseline: tf.scalar(baseline),
      },
      objective,
    ),
  );
  const { value, grad } = gradOf(tf.tensor2d(tokenLogProbs.flat(), shape));
  return { loss: value.dataSync()[0] ?? NaN, grad: Array.from(grad.dataSync()) };
}

const { kto } = trl;
const sums = (rows: readonly (readonly number[])[]) =>
  rows.map((row) => row.reduce((sum, lp) => sum + lp, 0));
const driftRef = sums(kto.KL_ref_per_token_logps);
const drifts = sums(kto.KL_policy_per_token_logps).map((lp, i) => lp - (driftRef[i] ?? NaN));

/** TRL's case as input of ours: column k of its log-probabilities scores token k + 1. */
function inputOf({ desirable_weight: good, undesirable_weight: bad }: (typeof kto.cases)[number]) {
  return {
    tokenLogProbs: kto.policy_per_token_logps,
    mask: kto.completion_mask.map((row) => row.slice(1)),
    refLogProbs: sums(kto.ref_per_token_logps),
    sides: kto.label.map((isGood) => (isGood ? 1 : -1)),
    weights: kto.label.map((isGood) => (isGood ? good : bad) / kto.label.length),
    baseline: referenceKlBaseline(drifts),
  };
}

const objectiveOf = ({ loss_type: type, beta }: (typeof kto.cases)[number]): KtoObjective => ({
  loss: type === 'kto' ? 'kto' : 'apo-zero',
  beta,
});

const plain: ReferenceKtoInput = {
  tokenLogProbs: [
    [-1, -0.5],
    [-2, -0.3],
  ],
  mask: [
    [1, 1],
    [1, 0],
  ],
  refLogProbs: [-1.7, -1.6],
  sides: [1, -1],
  weights: [0.5, 0.5],
  baseline: 0.2,
};

describe('the losses of KTO', () => {
  it.each(kto.cases)(
    "are TRL's, with their gradients: $loss_type, β $beta, weights $desirable_weight and $undesirable_weight",
    (one) => {
      const [input, objective] = [inputOf(one), objectiveOf(one)];
      // TRL's gradient is with respect to log-probabilities that were masked before; ours masks, so padding gets 0.
      const expected = input.mask.map((row, i) =>
        row.map((m, t) => m * (one.grad_wrt_policy_per_token_logps[i]?.[t] ?? NaN)),
      );
      const reference = referenceKtoLoss(input, objective);
      expect(reference.loss).toBeAllClose(one.loss, { atol: 1e-9, rtol: 0 });
      expect(reference.grad).toBeAllClose(expected, { atol: 1e-9, rtol: 0 });
      const engine = onEngine(input, objective);
      expect(engine.loss).toBeAllClose(one.loss, { atol: 1e-6 });
      expect(engine.grad).toBeAllClose(expected.flat(), { atol: 1e-6 });
    },
  );

  it.each<KtoObjective>([
    { loss: 'kto', beta: 0.3 },
    { loss: 'apo-zero', beta: 0.7 },
  ])('have the gradient that finite differences give: %j', (objective) => {
    const rows = (flat: readonly number[]) => plain.mask.map((_, i) => flat.slice(2 * i, 2 * i + 2));
    const numeric = finiteDifferences(
      (x) => referenceKtoLoss({ ...plain, tokenLogProbs: rows(x) }, objective).loss,
      plain.tokenLogProbs.flat(),
    );
    expect(referenceKtoLoss(plain, objective).grad).toBeAllClose(rows(numeric), { atol: 1e-8 });
    expect(onEngine(plain, objective).grad).toBeAllClose(numeric, { atol: 2e-6 });
  });

  it('begin at one half where the policy is the reference', () => {
    const atReference = { ...plain, refLogProbs: [-1.5, -2], baseline: 0 };
    for (const loss of ['kto', 'apo-zero'] as const)
      expect(onEngine(atReference, { loss, beta: 0.1 }).loss).toBeAllClose(0.5);
  });

  it('do not change with the order of the outputs', () => {
    const reversed = Object.fromEntries(
      Object.entries(plain).map(([key, value]: [string, unknown]) => [
        key,
        Array.isArray(value) ? [...(value as readonly unknown[])].reverse() : value,
      ]),
    );
    const objective = { loss: 'kto', beta: 0.5 } as const;
    const back = onEngine({ ...plain, ...reversed }, objective);
    expect(back.loss).toBeAllClose(onEngine(plain, objective).loss);
  });

  it('agree with the float64 reference on random inputs, and stay finite on extreme ones', () => {
    const logProb = fc.oneof(fc.double({ min: -8, max: 0, noNaN: true }), fc.constantFrom(-5000, 0));
    const sample = fc.record({
      tokenLogProbs: fc.array(fc.array(logProb, { minLength: 3, maxLength: 3 }), {
        minLength: 2,
        maxLength: 2,
      }),
      baseline: fc.constantFrom(0, 0.5, 4000),
      loss: fc.constantFrom('kto' as const, 'apo-zero' as const),
    });
    fc.assert(
      fc.property(sample, ({ tokenLogProbs, baseline, loss }) => {
        const mask = [
          [1, 1, 1],
          [1, 1, 0],
        ];
        const input = { ...plain, tokenLogProbs, mask, baseline };
        const [engine, reference] = [
          onEngine(input, { loss, beta: 0.4 }),
          referenceKtoLoss(input, { loss, beta: 0.4 }),
        ];
        expect(engine.loss).toBeAllClose(reference.loss, { atol: 1e-5 });
        expect(engine.grad).toBeAllClose(reference.grad.flat(), { atol: 1e-5 });
      }),
      { numRuns: 40 },
    );
  });

  it('refuse a β of 0 and shapes that do not fit', () => {
    expect(() => onEngine(plain, { loss: 'kto', beta: 0 })).toThrow('β above 0');
    expect(() => onEngine({ ...plain, sides: [1] }, { loss: 'kto', beta: 1 })).toThrow('as many references');
  });
});

describe('the baseline', () => {
  it("is TRL's, and never below 0", () => {
    const weights = drifts.map(() => 1 / drifts.length);
    const onMachine = (logRatios: readonly number[]) =>
      klBaseline(
        tf.tensor1d([...logRatios]),
        tf.zeros([logRatios.length]),
        tf.tensor1d(weights),
      ).dataSync()[0];
    expect(referenceKlBaseline(drifts)).toBeAllClose(kto.cases[0]?.metrics.kl ?? NaN, { atol: 1e-12 });
    expect(onMachine(drifts)).toBeAllClose(kto.cases[0]?.metrics.kl ?? NaN);
    const fallen = drifts.map((drift) => drift - 1);
    expect([referenceKlBaseline(fallen), onMachine(fallen)]).toEqual([0, 0]);
  });
});
