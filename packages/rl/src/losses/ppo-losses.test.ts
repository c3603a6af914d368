import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../engine/random.ts';
import { useEngine } from '../engine/use-engine.ts';
import { testEngine } from '../testing/test-engines.ts';
import { logSoftmax } from '../reference/distributions.ts';
import { referencePolicyLoss, referenceValueLoss } from '../reference/ppo-losses.ts';
import { finiteDifferences } from '../testing/finite-differences.ts';
import { formulas, published, trl } from '../testing/golden.ts';
import '../testing/to-be-all-close.ts';
import { ppoPolicyLoss, ppoValueLoss } from './ppo-losses.ts';

beforeAll(() => useEngine({ prefer: testEngine }));

type Vector = readonly number[];

function evaluate(x: Vector, lossOf: (x: tf.Tensor1D) => tf.Scalar) {
  const { value, grad } = tf.valueAndGrad((t) => lossOf(tf.reshape(t, [x.length])))(tf.tensor1d([...x]));
  return { loss: value.dataSync()[0] ?? NaN, grad: Array.from(grad.dataSync()) };
}

function policyLoss(logProbs: Vector, old: Vector, advantages: Vector, clipRange: number, mask?: Vector) {
  return evaluate(logProbs, (x) =>
    ppoPolicyLoss({
      logProbs: x,
      oldLogProbs: tf.tensor1d([...old]),
      advantages: tf.tensor1d([...advantages]),
      mask: tf.tensor1d(mask ? [...mask] : logProbs.map(() => 1)),
      clipRange,
    }),
  );
}

function valueLoss(values: Vector, old: Vector, returns: Vector, clipRange: number, mask?: Vector) {
  return evaluate(values, (x) =>
    ppoValueLoss({
      values: x,
      oldValues: tf.tensor1d([...old]),
      returns: tf.tensor1d([...returns]),
      mask: tf.tensor1d(mask ? [...mask] : values.map(() => 1)),
      clipRange,
    }),
  );
}

describe("PPO's policy loss", () => {
  it('has the worked value', () => {
    const { old, new: now, adv, eps, loss } = formulas.ppo_loss;
    expect(referencePolicyLoss(now, old, adv, eps).loss).toBeAllClose(loss, { atol: 1e-9 });
    expect(policyLoss(now, old, adv, eps).loss).toBeAllClose(loss);
  });

  it("has the values of rlax's tests for both signs of the advantage", () => {
    const { logits, old_logits, actions, advantages, epsilon, loss, loss_negated_advantages, atol } =
      published.rlax_ppo_surrogate;
    const chosen = (rows: number[][]) => rows.map((row, i) => logSoftmax(row)[actions[i] ?? 0] ?? NaN);
    const at = (sign: number) =>
      policyLoss(
        chosen(logits),
        chosen(old_logits),
        advantages.map((a) => sign * a),
        epsilon,
      ).loss;
    expect(at(1)).toBeAllClose(loss, { atol });
    expect(at(-1)).toBeAllClose(loss_negated_advantages, { atol });
  });

  it.each(trl['ppo_1.12.0'].cases)('equals TRL 1.12 with $kl_estimator, clip $cliprange', (one) => {
    const { logprobs, new_logprobs } = trl['ppo_1.12.0'];
    const mask = one.padding_mask.flat().map((isPadding) => (isPadding ? 0 : 1));
    const inputs = [new_logprobs.flat(), logprobs.flat(), one.advantages_whitened.flat()] as const;
    const { loss, grad } = policyLoss(...inputs, one.cliprange, mask);
    expect(loss).toBeAllClose(one.pg_loss);
    expect(grad).toBeAllClose(one.grad_new_logprobs.flat());
  });

  it('has the gradient that finite differences give', () => {
    const [old, now, adv] = [
      [-1, -2, -0.5, -3, -1],
      [-0.7, -2.5, -0.45, -3.1, -1.3],
      [1, -1, 0.5, -0.2, 2],
    ];
    const numeric = finiteDifferences((x) => referencePolicyLoss(x, old, adv, 0.2).loss, now);
    expect(referencePolicyLoss(now, old, adv, 0.2).grad).toBeAllClose(numeric, { atol: 1e-8 });
    expect(policyLoss(now, old, adv, 0.2).grad).toBeAllClose(numeric);
  });

  it('is minus the mean advantage, with slope -A/n, where the policy has not moved', () => {
    const { loss, grad } = policyLoss([-1, -2], [-1, -2], [0.5, -1.5], 0.2);
    expect(loss).toBeAllClose(0.5);
    expect(grad).toBeAllClose([-0.25, 0.75]);
  });
});

describe("PPO's value loss", () => {
  it('has the worked value', () => {
    const { vold, v, ret, eps, loss } = formulas.value_loss;
    expect(referenceValueLoss(v, vold, ret, eps).loss).toBeAllClose(loss, { atol: 1e-9 });
    expect(valueLoss(v, vold, ret, eps).loss).toBeAllClose(loss);
  });

  it.each(trl['ppo_1.12.0'].cases)('equals TRL 1.12 with value clip $cliprange_value', (one) => {
    const mask = one.padding_mask_p1.flat().map((isPadding) => (isPadding ? 0 : 1));
    const [values, old, returns] = [
      trl['ppo_1.12.0'].vpred.flat(),
      one.values_masked.flat(),
      one.returns.flat(),
    ];
    // TRL's gradient is of the total, in which the value loss is weighted.
    const expected = one.grad_vpred.flat().map((g) => g / one.vf_coef);
    const counts = (row: Vector) => row.filter((_, t) => mask[t] === 1);
    const reference = referenceValueLoss(counts(values), counts(old), counts(returns), one.cliprange_value);
    expect(reference.loss).toBeAllClose(one['vf_loss_(incl_0.5)'], { atol: 1e-12 });
    expect(reference.grad).toBeAllClose(counts(expected), { atol: 1e-12 });

    const { loss, grad } = valueLoss(values, old, returns, one.cliprange_value, mask);
    expect(loss).toBeAllClose(one['vf_loss_(incl_0.5)']);
    // A value exactly on the edge of its range has two slopes, and float32 may round it to either side.
    const isOnEdge = (v: number, t: number) =>
      Math.abs(Math.abs(v - (old[t] ?? 0)) - one.cliprange_value) < 1e-6;
    const offEdge = (row: Vector) => row.filter((_, t) => !isOnEdge(values[t] ?? 0, t));
    expect(offEdge(grad)).toBeAllClose(offEdge(expected));
  });

  it('has the gradient that finite differences give', () => {
    const [old, values, returns] = [
      [0, 0.5, 1, -1],
      [0.5, 0.4, 1.1, -1.5],
      [1, 0, 1, -1.1],
    ];
    const numeric = finiteDifferences((x) => referenceValueLoss(x, old, returns, 0.2).loss, values);
    expect(valueLoss(values, old, returns, 0.2).grad).toBeAllClose(numeric);
  });
});

describe('a value within its range', () => {
  it('always has its whole gradient, whatever the rounding', () => {
    const random = new Random(1);
    const old = Array.from({ length: 500 }, () => 3 * random.normal());
    const values = old.map((value) => value + 0.19 * (2 * random.uniform() - 1));
    const returns = old.map(() => 3 * random.normal());
    const expected = values.map((value, t) => (value - (returns[t] ?? NaN)) / values.length);
    expect(valueLoss(values, old, returns, 0.2).grad).toBeAllClose(expected, { atol: 1e-6 });
  });
});

describe('a masked token', () => {
  it('adds nothing to either loss and gets no gradient, whatever it holds', () => {
    const policy = policyLoss([-0.7, 80], [-1, -3], [1, 99], 0.2, [1, 0]);
    expect(policy.loss).toBeAllClose(policyLoss([-0.7], [-1], [1], 0.2).loss);
    expect(policy.grad[1]).toBeAllClose(0, { atol: 0 });
    const value = valueLoss([0.5, 80], [0, -3], [1, 99], 0.2, [1, 0]);
    expect(value.loss).toBeAllClose(valueLoss([0.5], [0], [1], 0.2).loss);
    expect(value.grad[1]).toBeAllClose(0, { atol: 0 });
  });
});
