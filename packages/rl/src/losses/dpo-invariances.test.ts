// What every loss of DPO keeps, whatever the numbers: checked on random inputs, on the engine.

import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../engine/use-engine.ts';
import { referenceDpoLoss } from '../reference/dpo-loss.ts';
import {
  close,
  evaluate,
  expectNoGradientAt,
  expectSame,
  isFinite,
  type Vector,
} from '../testing/evaluate-loss.ts';
import { testEngine } from '../testing/test-engines.ts';
import '../testing/to-be-all-close.ts';
import { DPO_LOSS_NAMES } from '../testing/trl-dpo.ts';
import { dpoLoss } from './dpo-loss.ts';
import type { DpoLossName, DpoObjective } from './dpo-objective.ts';

beforeAll(() => useEngine({ prefer: testEngine }));

const RUNS = { numRuns: 40, seed: 1 };

/** What float32 holds, so that both sides see the same numbers. */
const number = (low: number, high: number) =>
  fc.float({ min: Math.fround(low), max: Math.fround(high), noNaN: true, noDefaultInfinity: true });
const vector = (length: number, low: number, high: number) =>
  fc.array(number(low, high), { minLength: length, maxLength: length });

/** Without a corner, and with as much smoothing as the loss takes. */
const SMOOTHED: readonly DpoLossName[] = ['sigmoid', 'robust', 'exo-pair'];
const objectiveOf = (losses: readonly DpoLossName[]): fc.Arbitrary<DpoObjective> =>
  fc
    .record({
      loss: fc.constantFrom(...losses),
      beta: number(0.05, 1),
      labelSmoothing: fc.constantFrom(0.1, 0.3),
      lengths: fc.constantFrom('sum' as const, 'mean' as const),
    })
    .map(({ labelSmoothing, ...one }) => ({
      ...one,
      ...(SMOOTHED.includes(one.loss) && { labelSmoothing }),
    }));

const objective = objectiveOf(DPO_LOSS_NAMES);
/** Each pair has a part of its own. */
const ofPairs = objectiveOf(DPO_LOSS_NAMES.filter((loss) => !/^aot|^sft$/.test(loss)));
/** What both outputs of a pair gain or lose together is no matter. */
const ofLeads = objectiveOf(['sigmoid', 'robust', 'hinge', 'ipo', 'exo-pair', 'discopop', 'aot']);

/** Two pairs of outputs of up to 4 tokens, each with one token at least. */
interface Outputs {
  readonly tokenLogProbs: number[][];
  readonly lengths: number[];
  readonly refLogProbs: number[];
}
const outputs: fc.Arbitrary<Outputs> = fc.record({
  tokenLogProbs: fc.array(vector(4, -8, 0), { minLength: 4, maxLength: 4 }),
  lengths: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 4, maxLength: 4 }),
  refLogProbs: vector(4, -20, 0),
});

describe('the losses of DPO', () => {
  function onEngine(rows: readonly Vector[], mask: readonly Vector[], ref: Vector, one: DpoObjective) {
    const T = rows[0]?.length ?? 0;
    const P = ref.length / 2;
    return evaluate(rows.flat(), (x) =>
      dpoLoss(
        {
          tokenLogProbs: tf.reshape<tf.Rank.R2>(x, [2 * P, T]),
          mask: tf.tensor2d(mask.flat(), [2 * P, T]),
          refLogProbs: tf.tensor1d([...ref]),
          pairWeights: tf.fill([P], 1 / P),
        },
        one,
      ),
    );
  }

  const maskOf = (lengths: Vector, T = 4) =>
    lengths.map((length) => Array.from({ length: T }, (_, t) => (t < length ? 1 : 0)));

  /** hinge has a corner at βh = 1; aot has one where two leads change places, and aot-unpaired where two scores do. */
  const isSmooth = ({ tokenLogProbs, lengths, refLogProbs }: Outputs, one: DpoObjective) => {
    const perLength = (sums: Vector) =>
      sums.map((sum, i) => (one.lengths === 'mean' ? sum / (lengths[i] ?? NaN) : sum));
    const sums = tokenLogProbs.map((row, i) => row.slice(0, lengths[i]).reduce((sum, lp) => sum + lp, 0));
    const [a = NaN, b = NaN, c = NaN, d = NaN] = perLength(sums);
    const [refA = NaN, refB = NaN, refC = NaN, refD = NaN] = perLength(refLogProbs);
    const [w, x, y, z] = [a - refA, b - refB, c - refC, d - refD];
    const gaps = {
      hinge: [w - y, x - z].map((h) => 1 - one.beta * h),
      aot: [a - c - (b - d), refA - refC - (refB - refD)],
      'aot-unpaired': [w - x, y - z],
    };
    const ofThis = Object.entries(gaps).find(([loss]) => loss === one.loss)?.[1] ?? [];
    return ofThis.every((gap) => Math.abs(gap) > 1e-3);
  };

  it('equal their float64 reference; tokens at padding get exactly 0 and change nothing', () => {
    fc.assert(
      fc.property(outputs, objective, (some, one) => {
        fc.pre(isSmooth(some, one));
        const { tokenLogProbs, lengths, refLogProbs } = some;
        const mask = maskOf(lengths);
        const reference = referenceDpoLoss({ tokenLogProbs, mask, refLogProbs }, one);
        const got = onEngine(tokenLogProbs, mask, refLogProbs, one);
        expectSame(got, { loss: reference.loss, grad: reference.grad.flat() });
        expectNoGradientAt(mask.flat(), got);
        const wider = onEngine(
          tokenLogProbs.map((row) => [...row, -3, -99]),
          maskOf(lengths, 6),
          refLogProbs,
          one,
        );
        expect(wider.loss).toBeAllClose(got.loss, close);
      }),
      RUNS,
    );
  });

  const picking =
    ({ tokenLogProbs, lengths, refLogProbs }: Outputs, one: DpoObjective) =>
    (places: Vector) => {
      const of = <T>(items: readonly T[]) => places.flatMap((i) => items.slice(i, i + 1));
      return onEngine(of(tokenLogProbs), of(maskOf(lengths)), of(refLogProbs), one).loss;
    };

  it('do not see the order of the pairs', () => {
    fc.assert(
      fc.property(outputs, objective, (some, one) => {
        const pick = picking(some, one);
        expect(pick([1, 0, 3, 2])).toBeAllClose(pick([0, 1, 2, 3]), close);
      }),
      RUNS,
    );
  });

  it('of a batch are the mean of single pairs, where each is judged by itself', () => {
    fc.assert(
      fc.property(outputs, ofPairs, (some, one) => {
        const pick = picking(some, one);
        expect((pick([0, 2]) + pick([1, 3])) / 2).toBeAllClose(pick([0, 1, 2, 3]), close);
      }),
      RUNS,
    );
  });

  it('of the lead do not see a shift of both outputs of a pair', () => {
    fc.assert(
      fc.property(outputs, ofLeads, number(-5, 5), ({ tokenLogProbs, refLogProbs }, one, shift) => {
        const lengths = [4, 4, 4, 4];
        const at = (ref: Vector) => onEngine(tokenLogProbs, maskOf(lengths), ref, one).loss;
        expect(at(refLogProbs.map((lp) => lp + shift))).toBeAllClose(at(refLogProbs), {
          atol: 1e-3,
          rtol: 1e-3,
        });
      }),
      RUNS,
    );
  });

  it('stay finite where an output is 2,000 nats from the reference', () => {
    const losses = DPO_LOSS_NAMES.map((loss): DpoObjective => ({
      loss,
      beta: 1,
      ...(SMOOTHED.includes(loss) && { labelSmoothing: 0.1 }),
    }));
    for (const one of losses) {
      for (const sign of [1, -1])
        expect(isFinite(onEngine([[-1], [-1]], [[1], [1]], [sign * 1000, sign * -1000], one))).toBe(true);
    }
  });
});
