import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdamW } from '../../engine/optimizer.ts';
import { useEngine } from '../../engine/use-engine.ts';
import { dpoLoss } from '../../losses/dpo-loss.ts';
import { logSoftmax } from '../../reference/distributions.ts';
import { totalVariation } from '../../reference/optimal-policy.ts';
import { sigmoid } from '../../reference/pair-loss.ts';
import { bandit } from '../../testing/golden.ts';
import { testEngine } from '../../testing/test-engines.ts';
import '../../testing/to-be-all-close.ts';

beforeAll(() => useEngine({ prefer: testEngine }));

const STEPS = 400;
const ACTIONS = bandit.ref.length;

/** Every ordered pair of actions with the chance that people of the bandit prefer the first. */
const preferences = bandit.r.flatMap((better, a) =>
  bandit.r.flatMap((worse, b) => (a === b ? [] : [{ a, b, chance: sigmoid(better - worse) }])),
);

/** The policy, as a table of logits, that minimises the expected loss of DPO. */
function solve(beta: number): number[] {
  const ref = bandit.ref.map(Math.log);
  const logits = tf.variable(tf.tensor1d(ref));
  const optimizer = new AdamW([logits]);
  const actions = [...preferences.map(({ a }) => a), ...preferences.map(({ b }) => b)];
  const P = preferences.length;
  // log π of the actions of all rows at once: [2P, A] · [A, 1] -> [2P, 1].
  const picks = tf.cast(tf.oneHot(tf.tensor1d(actions, 'int32'), ACTIONS), 'float32');
  const fixed = {
    mask: tf.ones<tf.Rank.R2>([2 * P, 1]),
    refLogProbs: tf.tensor1d(actions.map((action) => ref[action] ?? NaN)),
    pairWeights: tf.tensor1d(preferences.map(({ chance }) => (2 * chance) / P)),
  };
  for (let step = 0; step < STEPS; step++) {
    const { value, grads } = tf.variableGrads(() => {
      const logProbs = tf.reshape(tf.logSoftmax(tf.reshape(logits, [1, ACTIONS])), [ACTIONS, 1]);
      const tokenLogProbs = tf.reshape<tf.Rank.R2>(tf.matMul(picks, logProbs), [2 * P, 1]);
      return dpoLoss({ ...fixed, tokenLogProbs }, { loss: 'sigmoid', beta });
    }, [logits]);
    optimizer.step(grads, 0.1 * (1 - step / STEPS));
    tf.dispose([value, grads]);
  }
  return logSoftmax(Array.from(logits.dataSync()));
}

describe('DPO on the bandit whose optimum is known', () => {
  it.each([
    [0.5, bandit.beta['0.5']],
    [1, bandit.beta['1']],
    [2, bandit.beta['2']],
  ] as const)(
    'reaches π* = ref · exp(r / β) / Z within 0.02 total variation at β = %s, and its reward is the true one',
    (beta, best) => {
      const logProbs = solve(beta);
      expect(totalVariation(logProbs.map(Math.exp), best.pi)).toBeLessThanOrEqual(0.02);
      const reward = logProbs.map((lp, a) => beta * (lp - Math.log(bandit.ref[a] ?? NaN)));
      const gaps = (values: readonly number[]) => values.map((value) => value - (values[0] ?? NaN));
      expect(gaps(reward)).toBeAllClose(gaps(bandit.r), { atol: 0.02 });
    },
  );
});
