import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../engine/use-engine.ts';
import { testEngine } from '../testing/test-engines.ts';
import { referencePickBestLoss, referencePlackettLuceLoss } from '../reference/ranking-loss.ts';
import { finiteDifferences } from '../testing/finite-differences.ts';
import { formulas, published, trl } from '../testing/golden.ts';
import '../testing/to-be-all-close.ts';
import { pickBestLoss, plackettLuceLoss } from './ranking-loss.ts';

beforeAll(() => useEngine({ prefer: testEngine }));

function evaluate(scores: readonly number[], lossOf: (scores: tf.Tensor1D) => tf.Scalar) {
  const gradOf = tf.valueAndGrad((x) => lossOf(tf.reshape(x, [scores.length])));
  const { value, grad } = gradOf(tf.tensor1d([...scores]));
  return { loss: value.dataSync()[0] ?? NaN, grad: Array.from(grad.dataSync()) };
}

describe('the loss over a ranking', () => {
  it('has the worked values', () => {
    const { r_best_to_worst: scores, plackett_luce_nll: expected } = formulas.kway_rm;
    expect(evaluate(scores, (r) => plackettLuceLoss(r)).loss).toBeAllClose(expected);
    const same = [0.3, 0.3, 0.3, 0.3];
    expect(evaluate(same, (r) => plackettLuceLoss(r)).loss).toBeAllClose(formulas.init_losses.pl_K4);
  });

  it.each(trl.plackett_luce.cases)('equals PyTorch with its gradient: first $top_k places', (one) => {
    const lists = trl.plackett_luce.scores_best_to_worst;
    const got = lists.map((scores) => evaluate(scores, (r) => plackettLuceLoss(r, one.top_k)));
    expect(got.map(({ loss }) => loss)).toBeAllClose(one.per_list_nll);
    // Theirs is of the mean over the lists.
    expect(got.map(({ grad }) => grad.map((g) => g / lists.length))).toBeAllClose(one.grad);
  });

  it('has the gradient that finite differences give, which sums to 0', () => {
    const scores = [0.4, -1.2, 2.5, 9, 0.1];
    const numeric = finiteDifferences((x) => referencePlackettLuceLoss(x, 3).loss, scores);
    expect(referencePlackettLuceLoss(scores, 3).grad).toBeAllClose(numeric, { atol: 1e-8 });
    const { grad } = evaluate(scores, (r) => plackettLuceLoss(r, 3));
    expect(grad).toBeAllClose(numeric, { atol: 2e-6 });
    expect(grad.reduce((sum, g) => sum + g, 0)).toBeAllClose(0, { atol: 1e-5 });
  });

  it('is a distribution over orders: the chances of all 24 add up to 1', () => {
    const chance = orders([0.5, -0.2, 1.3, 0]).map((scores) =>
      Math.exp(-evaluate(scores, (r) => plackettLuceLoss(r)).loss),
    );
    expect(chance.reduce((sum, p) => sum + p, 0)).toBeAllClose(1, { atol: 1e-5 });
  });

  it('stays finite for scores of 50, in either order', () => {
    expect(evaluate([50, -50], (r) => plackettLuceLoss(r))).toMatchObject({ loss: 0 });
    expect(evaluate([-50, 50], (r) => plackettLuceLoss(r)).loss).toBeAllClose(100);
  });

  it('refuses a ranking without places', () => {
    expect(() => plackettLuceLoss(tf.tensor1d([]))).toThrow('no first 0 places');
  });
});

describe('the loss over a pick', () => {
  it('has the worked values', () => {
    const { r_best_to_worst: scores, pick_best_ce: expected } = formulas.kway_rm;
    expect(evaluate(scores, (r) => pickBestLoss(r, [1, 0, 0, 0])).loss).toBeAllClose(expected);
    const { scores: many, labels } = published.optax_ranking_softmax;
    const reference = referencePickBestLoss(many, labels);
    const numeric = finiteDifferences((x) => referencePickBestLoss(x, labels).loss, many);
    expect(reference.grad).toBeAllClose(numeric, { atol: 1e-8 });
    const { loss, grad } = evaluate(many, (r) => pickBestLoss(r, labels));
    expect([loss, ...grad]).toBeAllClose([reference.loss, ...numeric]);
  });

  it('is the first place of a ranking', () => {
    const scores = [0.3, 2, -1];
    const pick = evaluate(scores, (r) => pickBestLoss(r, [1, 0, 0]));
    expect(pick.loss).toBeAllClose(evaluate(scores, (r) => plackettLuceLoss(r, 1)).loss);
  });

  it('refuses weights that do not match', () => {
    expect(() => pickBestLoss(tf.tensor1d([1, 2]), [1])).toThrow('2 scores and 1 weights');
  });
});

function orders(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => orders(items.filter((_, j) => j !== i)).map((rest) => [item, ...rest]));
}
