import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { drawsOfRanks } from '../data/draws.ts';
import { weighParts } from '../data/share-weights.ts';
import { useEngine } from '../engine/use-engine.ts';
import { referencePairLoss } from '../reference/pair-loss.ts';
import {
  referenceDrawLoss,
  referencePickBestLoss,
  referencePlackettLuceLoss,
  referenceRatingLoss,
} from '../reference/ranking-loss.ts';
import { finiteDifferences } from '../testing/finite-differences.ts';
import { formulas, published, trl } from '../testing/golden.ts';
import { testEngine } from '../testing/test-engines.ts';
import '../testing/to-be-all-close.ts';
import { drawLossOf } from './draw-loss.ts';
import { ratingLossOf } from './rating-loss.ts';

beforeAll(() => useEngine({ prefer: testEngine }));

type Draws = Parameters<typeof referenceDrawLoss>[1];

/** Value and gradient on the engine, with `padding` further draws and places. */
function onEngine(scores: readonly number[], draws: Draws, padding = 0) {
  const D = draws.length + padding;
  const K = padding + Math.max(...draws.map(({ others }) => 1 + others.length));
  const grid = (at: (places: readonly number[], k: number) => number) =>
    Array.from({ length: D * K }, (_, cell) => {
      const draw = draws[Math.floor(cell / K)];
      return draw === undefined ? 0 : at([draw.winner, ...draw.others], cell % K);
    });
  const gradOf = tf.valueAndGrad((x) =>
    drawLossOf({
      scores: tf.reshape(x, [scores.length]),
      places: tf.tensor1d(
        grid((places, k) => places[k] ?? 0),
        'int32',
      ),
      isThere: tf.tensor2d(
        grid((places, k) => (k < places.length ? 1 : 0)),
        [D, K],
      ),
      weights: tf.tensor1d([...draws.map(({ weight }) => weight), ...new Array<number>(padding).fill(0)]),
    }),
  );
  const { value, grad } = gradOf(tf.tensor1d([...scores]));
  return { loss: value.dataSync()[0] ?? NaN, grad: Array.from(grad.dataSync()) };
}

function weighed(
  ranks: (number | null)[],
  objective: 'plackett-luce' | 'pick-best',
  ties: 'drop' | 'half' = 'drop',
): Draws {
  const draws = drawsOfRanks(ranks, objective, ties);
  const [weights = []] = weighParts([{ weight: 1, shares: draws.map(() => 1) }]);
  return draws.map((draw, i) => ({ ...draw, weight: weights[i] ?? NaN }));
}

const exact = { atol: 1e-9, rtol: 0 };
const { r_best_to_worst: scores, plackett_luce_nll: nll, pick_best_ce: crossEntropy } = formulas.kway_rm;

describe('the loss over draws', () => {
  it('of a whole ranking is the mean of its K - 1 draws of Plackett and Luce', () => {
    const draws = weighed([1, 2, 3, 4], 'plackett-luce');
    expect(draws).toHaveLength(3);
    expect(3 * referenceDrawLoss(scores, draws).loss).toBeAllClose(nll, exact);
    expect(3 * onEngine(scores, draws).loss).toBeAllClose(nll);
    const whole = referencePlackettLuceLoss(scores);
    expect(referenceDrawLoss(scores, draws).grad.map((g) => 3 * g)).toBeAllClose(whole.grad, exact);
  });

  it.each(trl.plackett_luce.cases)('has the values of PyTorch: first $top_k places', (one) => {
    for (const [i, list] of trl.plackett_luce.scores_best_to_worst.entries()) {
      const all = drawsOfRanks(
        list.map((_, place) => place),
        'plackett-luce',
      );
      const draws = all.slice(0, one.top_k).map((draw) => ({ ...draw, weight: 1 }));
      expect(referenceDrawLoss(list, draws).loss).toBeAllClose(one.per_list_nll[i] ?? NaN, exact);
      expect(onEngine(list, draws).loss).toBeAllClose(one.per_list_nll[i] ?? NaN);
    }
  });

  it('of a pick is the cross-entropy of the softmax over all', () => {
    const draws = weighed([1, 3, 3, 2], 'pick-best');
    expect(draws).toHaveLength(1);
    expect(referenceDrawLoss(scores, draws).loss).toBeAllClose(crossEntropy, exact);
    expect(onEngine(scores, draws).loss).toBeAllClose(crossEntropy);
  });

  it("of a tied pick is optax's softmax loss over both, where ties pull together", () => {
    const { scores: many, labels } = published.optax_ranking_softmax;
    const ranks = labels.map((label) => (label === 1 ? 1 : 2));
    const draws = weighed(ranks, 'pick-best', 'half');
    const expected = referencePickBestLoss(many, labels);
    expect(draws).toHaveLength(2);
    expect(2 * onEngine(many, draws).loss).toBeAllClose(expected.loss);
    expect(onEngine(many, draws).grad.map((g) => 2 * g)).toBeAllClose(expected.grad);
  });

  it('of two outputs is the loss of their pair', () => {
    const pair = referencePairLoss([0.3, 1.1], [{ better: 0, worse: 1, weight: 1, margin: 0 }]);
    for (const objective of ['plackett-luce', 'pick-best'] as const) {
      const { loss, grad } = onEngine([0.3, 1.1], weighed([1, 2], objective));
      expect([loss, ...grad]).toBeAllClose([pair.loss, ...pair.grad]);
    }
  });

  it('begins at the mean log of how many there are', () => {
    const same = [0.3, 0.3, 0.3, 0.3];
    expect(3 * onEngine(same, weighed([1, 2, 3, 4], 'plackett-luce')).loss).toBeAllClose(
      formulas.init_losses.pl_K4,
    );
    expect(onEngine(same, weighed([1, 2, 3, 4], 'pick-best')).loss).toBeAllClose(
      formulas.init_losses.pick_best4,
    );
  });

  it('has the gradient that finite differences give, on random partial orders; it sums to 0', () => {
    const partial = fc.array(fc.option(fc.integer({ min: 1, max: 4 })), { minLength: 3, maxLength: 6 });
    const values = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 6, maxLength: 6 });
    const how = fc.constantFrom(
      ['plackett-luce', 'drop'] as const,
      ['plackett-luce', 'half'] as const,
      ['pick-best', 'half'] as const,
    );
    fc.assert(
      fc.property(partial, values, how, (ranks, all, [objective, ties]) => {
        const draws = weighed(ranks, objective, ties);
        fc.pre(draws.length > 0);
        const at = all.slice(0, ranks.length);
        const numeric = finiteDifferences((x) => referenceDrawLoss(x, draws).loss, at);
        const reference = referenceDrawLoss(at, draws);
        expect(reference.grad).toBeAllClose(numeric, { atol: 1e-7 });
        const engine = onEngine(at, draws);
        expect([engine.loss, ...engine.grad]).toBeAllClose([reference.loss, ...reference.grad], {
          atol: 5e-6,
        });
        expect(engine.grad.reduce((sum, g) => sum + g, 0)).toBeAllClose(0, { atol: 1e-5 });
      }),
      { numRuns: 40 },
    );
  });

  it('does not change with the order of the outputs, a shift of all scores, or padding', () => {
    const ranks = [2, 1, null, 2, 3];
    const values = [0.4, -1.2, 2.5, 0.9, 0.1];
    const plain = onEngine(values, weighed(ranks, 'plackett-luce'));
    const back = onEngine([...values].reverse(), weighed([...ranks].reverse(), 'plackett-luce'));
    expect([back.loss, ...[...back.grad].reverse()]).toBeAllClose([plain.loss, ...plain.grad]);
    const shifted = onEngine(
      values.map((value) => value + 7),
      weighed(ranks, 'plackett-luce'),
    );
    expect([shifted.loss, ...shifted.grad]).toBeAllClose([plain.loss, ...plain.grad], { atol: 2e-6 });
    const padded = onEngine(values, weighed(ranks, 'plackett-luce'), 3);
    expect([padded.loss, ...padded.grad]).toBeAllClose([plain.loss, ...plain.grad]);
    expect(plain.grad[2]).toBe(0);
  });

  it('stays finite for scores of 300, in either order', () => {
    expect(onEngine([300, -300, 0], weighed([1, 3, 2], 'plackett-luce')).loss).toBeAllClose(0);
    const { loss, grad } = onEngine([-300, 300], weighed([1, 2], 'pick-best'));
    expect([loss, ...grad]).toBeAllClose([600, -1, 1]);
  });
});

describe('draws of a ranking', () => {
  it('say nothing between tied outputs and nothing of an unranked one', () => {
    expect(drawsOfRanks([1, 1, 2, null], 'plackett-luce')).toEqual([
      { winner: 0, others: [2] },
      { winner: 1, others: [2] },
    ]);
    expect(drawsOfRanks([1, 1, null], 'plackett-luce')).toEqual([]);
    expect(drawsOfRanks([1, null, null], 'pick-best')).toEqual([]);
  });

  it('draw a tied output while the other is there, where ties pull together', () => {
    expect(drawsOfRanks([1, 1], 'plackett-luce', 'half')).toEqual([
      { winner: 0, others: [1] },
      { winner: 1, others: [0] },
    ]);
    const { grad } = onEngine([0.5, -0.5], weighed([1, 1], 'plackett-luce', 'half'));
    expect(grad[0]).toBeGreaterThan(0.1);
    expect(grad[1]).toBeLessThan(-0.1);
  });
});

describe('the weights of parts', () => {
  it('let a judgement count by its weight, whatever the number of its parts', () => {
    const parts = [
      { weight: 1, shares: [1, 1, 1] },
      { weight: 3, shares: [0.5, 0.5] },
    ];
    expect(weighParts(parts)).toEqual([[1 / 12, 1 / 12, 1 / 12, 3 / 8, 3 / 8]]);
  });

  it('are those of the prompts that a member drew, and 0 for one that drew none', () => {
    const parts = [
      { weight: 1, shares: [1], counts: [2, 0, 0] },
      { weight: 1, shares: [1, 1], counts: [1, 1, 0] },
    ];
    expect(weighParts(parts, 3)).toBeAllClose([
      [2 / 3, 1 / 6, 1 / 6],
      [0, 1 / 2, 1 / 2],
      [0, 0, 0],
    ]);
  });
});

describe('the loss over ratings', () => {
  const ratings = [
    { place: 2, target: 0.5, weight: 0.5 },
    { place: 0, target: -1, weight: 0.25 },
    { place: 2, target: 1.5, weight: 0.25 },
  ];
  const at = [0.4, 9, -0.3];

  function onMachine(values: readonly number[]) {
    const gradOf = tf.valueAndGrad((x) =>
      ratingLossOf({
        scores: tf.reshape(x, [values.length]),
        places: tf.tensor1d([...ratings.map(({ place }) => place), 0], 'int32'),
        targets: tf.tensor1d([...ratings.map(({ target }) => target), 0]),
        weights: tf.tensor1d([...ratings.map(({ weight }) => weight), 0]),
      }),
    );
    const { value, grad } = gradOf(tf.tensor1d([...values]));
    return [value.dataSync()[0] ?? NaN, ...Array.from(grad.dataSync())];
  }

  it('is the weighted squared error, with the gradient that finite differences give', () => {
    const reference = referenceRatingLoss(at, ratings);
    expect(reference.loss).toBeAllClose(0.5 * 0.64 + 0.25 * 1.96 + 0.25 * 3.24, exact);
    const numeric = finiteDifferences((x) => referenceRatingLoss(x, ratings).loss, at);
    expect(reference.grad).toBeAllClose(numeric, { atol: 1e-7 });
    expect(onMachine(at)).toBeAllClose([reference.loss, ...reference.grad]);
    expect(onMachine([1e4, 0, -1e4]).every(Number.isFinite)).toBe(true);
  });
});
