import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { pairsOfRanks, weighPairs } from '../data/pairs.ts';
import { useEngine } from '../engine/use-engine.ts';
import { testEngine } from '../testing/test-engines.ts';
import { referencePairLoss } from '../reference/pair-loss.ts';
import { finiteDifferences } from '../testing/finite-differences.ts';
import { formulas, trl } from '../testing/golden.ts';
import '../testing/to-be-all-close.ts';
import { pairLoss, type ScorePair } from './pair-loss.ts';

beforeAll(() => useEngine({ prefer: testEngine }));

const { kway_rm: golden } = formulas;
const scores = golden.r_best_to_worst;
const ranked = [1, 2, 3, 4];

/** Value and gradient on the engine. */
function onEngine(values: readonly number[], pairs: readonly ScorePair[], centering = 0) {
  const gradOf = tf.valueAndGrad((x) => pairLoss(tf.reshape(x, [values.length]), pairs, centering));
  const { value, grad } = gradOf(tf.tensor1d([...values]));
  return { loss: value.dataSync()[0] ?? NaN, grad: Array.from(grad.dataSync()) };
}

function pairsOf(ranks: (number | null)[], ties: 'drop' | 'half' = 'drop', margin = 0): ScorePair[] {
  return weighPairs([{ pairs: pairsOfRanks(ranks, ties), weight: 1, margin }]);
}

describe('the loss over ordered pairs', () => {
  it('is the mean over the C(4, 2) pairs of a ranking, with its gradient', () => {
    const reference = referencePairLoss(scores, pairsOf(ranked));
    expect(reference.loss).toBeAllClose(golden.bt_mean_C42, { atol: 1e-9 });
    expect(reference.grad).toBeAllClose(golden.grad, { atol: 1e-9 });
    const engine = onEngine(scores, pairsOf(ranked));
    expect(engine.loss).toBeAllClose(golden.bt_mean_C42);
    expect(engine.grad).toBeAllClose(golden.grad);
  });

  it('divides by the pairs that survive when a tie is dropped', () => {
    expect(onEngine(scores, pairsOf([1, 2, 2, 3])).loss).toBeAllClose(golden.tie_2_3_dropped_mean5);
  });

  it('counts a soft tie as one pair, half in each direction', () => {
    expect(onEngine([0.2, -0.3], pairsOf([1, 1], 'half')).loss).toBeAllClose(golden.tie_soft_half);
    expect(onEngine(scores, pairsOf([1, 2, 2, 3], 'half')).loss).toBeAllClose(golden.mean6_with_soft_tie);
  });

  it('is the mean over prompts, not over all pairs, when prompts have different K', () => {
    const pairs = weighPairs([
      { pairs: pairsOfRanks(ranked), weight: 1, margin: 0 },
      {
        pairs: pairsOfRanks([1, 2]).map((pair) => ({
          ...pair,
          better: pair.better + 4,
          worse: pair.worse + 4,
        })),
        weight: 1,
        margin: 0,
      },
    ]);
    const loss = onEngine([...scores, 0.5, 0.1], pairs).loss;
    expect(loss).toBeAllClose(golden['two_prompts_K4_and_K2_r_0.5_0.1'].per_prompt_mean);
    expect(loss).not.toBeAllClose(golden['two_prompts_K4_and_K2_r_0.5_0.1'].flat_mean7);
  });

  it('asks for a lead of the margin', () => {
    expect(onEngine([1.5, 0.2], pairsOf([1, 2], 'drop', 1)).loss).toBeAllClose(
      golden['margin1_pair_1.5_0.2'],
    );
    expect(onEngine([1.5, 0.2], pairsOf([1, 2])).loss).toBeAllClose(golden.no_margin);
  });

  it.each(trl.reward_model.cases)(
    'equals TRL with margin $use_margin and centering $center_rewards_coefficient',
    (one) => {
      const { rewards_chosen: chosen, rewards_rejected: rejected, margin } = trl.reward_model;
      const pairs = chosen.map((_, i) => ({
        better: i,
        worse: i + chosen.length,
        weight: 1 / chosen.length,
        margin: one.use_margin ? (margin[i] ?? NaN) : 0,
      }));
      const centering = one.center_rewards_coefficient ?? 0;
      const all = [...chosen, ...rejected];
      const reference = referencePairLoss(all, pairs, centering);
      expect(reference.loss).toBeAllClose(one.loss, { atol: 1e-12, rtol: 1e-12 });
      expect(reference.grad).toBeAllClose(one['grad_wrt_rewards_[chosen..,rejected..]'], { atol: 1e-12 });
      const engine = onEngine(all, pairs, centering);
      expect(engine.loss).toBeAllClose(one.loss);
      expect(engine.grad).toBeAllClose(one['grad_wrt_rewards_[chosen..,rejected..]']);
    },
  );

  it('has the gradient that finite differences give', () => {
    const pairs = pairsOf([2, 1, 1, null, 3], 'half', 0.3);
    const at = [0.4, -1.2, 2.5, 9, 0.1];
    const numeric = finiteDifferences((x) => referencePairLoss(x, pairs, 0.05).loss, at);
    expect(referencePairLoss(at, pairs, 0.05).grad).toBeAllClose(numeric, { atol: 1e-8 });
    expect(onEngine(at, pairs, 0.05).grad).toBeAllClose(numeric, { atol: 2e-6 });
  });

  it('does not change when a constant is added to every score, and its gradient sums to 0', () => {
    const shifted = onEngine(
      scores.map((score) => score + 7),
      pairsOf(ranked),
    );
    expect(shifted.loss).toBeAllClose(golden.bt_mean_C42);
    expect(shifted.grad.reduce((sum, g) => sum + g, 0)).toBeAllClose(0, { atol: 1e-6 });
  });

  it('gives an unranked output no gradient', () => {
    expect(onEngine(scores, pairsOf([1, null, 2, 3])).grad[1]).toBeAllClose(0, { atol: 0 });
  });

  it('stays finite where exp would overflow', () => {
    const { loss, grad } = onEngine([-300, 300], pairsOf([1, 2]));
    expect(loss).toBeAllClose(600);
    expect(grad).toBeAllClose([-1, 1]);
  });
});
