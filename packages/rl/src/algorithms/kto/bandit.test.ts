import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdamW } from '../../engine/optimizer.ts';
import { useEngine } from '../../engine/use-engine.ts';
import { klBaseline, ktoLoss, type KtoObjective } from '../../losses/kto-loss.ts';
import { logSoftmax } from '../../reference/distributions.ts';
import { sigmoid } from '../../reference/pair-loss.ts';
import { bandit } from '../../testing/golden.ts';
import { testEngine } from '../../testing/test-engines.ts';

beforeAll(() => useEngine({ prefer: testEngine }));

const STEPS = 150;
const ACTIONS = bandit.ref.length;
const ref = bandit.ref.map(Math.log);
/** People call an action good by how far its reward is above 0.75, between the middle two. */
const good = bandit.r.map((reward) => sigmoid(4 * (reward - 0.75)));

/** The policy, as a table of logits, after steps on the expected loss over thumbs for every action alike. */
function solve(objective: KtoObjective): number[] {
  const logits = tf.variable(tf.tensor1d(ref));
  const optimizer = new AdamW([logits]);
  // Every action once as a good output and once as a bad one, by its chance of being called so.
  const rows = [...ref, ...ref];
  const picks = tf.tensor2d(
    rows.map((_, i) => Array.from({ length: ACTIONS }, (__, a) => (a === i % ACTIONS ? 1 : 0))),
  );
  const fixed = {
    mask: tf.ones<tf.Rank.R2>([rows.length, 1]),
    refLogProbs: tf.tensor1d(rows),
    sides: tf.tensor1d(rows.map((_, i) => (i < ACTIONS ? 1 : -1))),
    weights: tf.tensor1d([...good, ...good.map((chance) => 1 - chance)].map((share) => share / ACTIONS)),
  };
  for (let step = 0; step < STEPS; step++) {
    const { value, grads } = tf.tidy(() => {
      const logProbsOf = () => tf.reshape(tf.logSoftmax(tf.reshape(logits, [1, ACTIONS])), [ACTIONS, 1]);
      // The bandit has one prompt: outputs of others are outputs of the policy itself.
      const own = tf.reshape<tf.Rank.R1>(logProbsOf(), [ACTIONS]);
      const baseline = klBaseline(own, tf.tensor1d(ref), tf.exp(own));
      return tf.variableGrads(() => {
        const tokenLogProbs = tf.reshape<tf.Rank.R2>(tf.matMul(picks, logProbsOf()), [rows.length, 1]);
        return ktoLoss({ ...fixed, tokenLogProbs, baseline }, objective);
      }, [logits]);
    });
    optimizer.step(grads, 0.05);
    tf.dispose([value, grads]);
  }
  return logSoftmax(Array.from(logits.dataSync()));
}

describe('KTO on the bandit', () => {
  it.each<KtoObjective>([
    { loss: 'kto', beta: 0.5 },
    { loss: 'apo-zero', beta: 0.5 },
    { loss: 'kto', beta: 0.2 },
  ])('raises what people call good against what they call bad, in their order: %j', (objective) => {
    const logProbs = solve(objective);
    const leads = logProbs.map((logProb, a) => logProb - (ref[a] ?? NaN));
    expect([...leads].sort((a, b) => a - b)).toEqual(leads);
    expect(leads[0]).toBeLessThan(-0.3);
    expect(leads.at(-1)).toBeGreaterThan(0.3);
  });

  it('stays nearer to the reference the larger β is', () => {
    const driftAt = (beta: number) => {
      const logProbs = solve({ loss: 'kto', beta });
      return logProbs.reduce((sum, logProb, a) => sum + Math.exp(logProb) * (logProb - (ref[a] ?? NaN)), 0);
    };
    expect(driftAt(8)).toBeLessThan(driftAt(1));
  });
});
