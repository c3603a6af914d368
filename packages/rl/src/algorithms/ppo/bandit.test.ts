import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdamW } from '../../engine/optimizer.ts';
import { Program } from '../../engine/program.ts';
import { Random } from '../../engine/random.ts';
import { useEngine } from '../../engine/use-engine.ts';
import { testEngine } from '../../testing/test-engines.ts';
import { exactKl } from '../../returns/kl.ts';
import { drawFrom, TableActor } from '../../testing/bandit-policy.ts';
import { bandit } from '../../testing/golden.ts';
import '../../testing/to-be-all-close.ts';
import type { Critic } from './actor-critic.ts';
import { toExperience } from './advantages.ts';
import type { EpisodeTensors } from './episode.ts';
import { updateOnExperience } from './update.ts';
import { PpoUpdater } from './updater.ts';

beforeAll(() => useEngine({ prefer: testEngine }));

class ConstantCritic implements Critic {
  readonly value = tf.variable(tf.tensor1d([0]));
  readonly program = new Program({ state: { value: this.value } });
  readonly nPositions = 8;
  get params() {
    return [this.value];
  }
  values({ targets }: EpisodeTensors): tf.Tensor1D {
    return tf.tidy(() => tf.reshape(tf.add(this.value, tf.zeros([targets.size])), [targets.size]));
  }
}

const ITERATIONS = 250;
const EPISODES = 512;

async function solve(beta: number): Promise<number[]> {
  const reference = bandit.ref.map(Math.log);
  const actor = new TableActor(reference);
  const critic = new ConstantCritic();
  const actorOptimizer = new AdamW(actor.params);
  const criticOptimizer = new AdamW(critic.params);
  const updater = new PpoUpdater({
    actor,
    critic,
    actorOptimizer,
    criticOptimizer,
    settings: {
      innerEpochs: 2,
      minibatchEpisodes: 256,
      clipRange: 0.2,
      valueClipRange: 100,
      maxRatio: 10,
      stopUpdateKl: 10,
    },
  });
  const random = new Random(1);
  for (let iteration = 1; iteration <= ITERATIONS; iteration++) {
    const logProbs = actor.now();
    const value = critic.value.dataSync()[0] ?? 0;
    const episodes = Array.from({ length: EPISODES }, () => {
      const action = drawFrom(logProbs, random);
      return {
        promptIds: [0],
        responseIds: [action],
        oldLogProbs: [logProbs[action] ?? NaN],
        refLogProbs: [reference[action] ?? NaN],
        oldValues: [value],
        score: bandit.r[action] ?? NaN,
      };
    });
    const { experience } = toExperience(episodes, {
      klCoefficient: beta,
      gamma: 1,
      lambda: 0.95,
      whitenAdvantages: true,
    });
    // A falling rate lets the noise of the samples average out.
    const learningRate = 0.05 * (1 - (iteration - 1) / ITERATIONS);
    await updateOnExperience({
      updater,
      experience,
      actorLearningRate: learningRate,
      criticLearningRate: learningRate,
      random,
      iteration,
      pause: () => Promise.resolve(),
    });
  }
  return actor.now();
}

describe('PPO on the bandit whose optimum is known', { timeout: 300_000 }, () => {
  it.each([
    [0.5, bandit.beta['0.5']],
    [1, bandit.beta['1']],
    [2, bandit.beta['2']],
  ] as const)(
    'reaches π* = ref · exp(r / β) / Z within 0.02 total variation at β = %s',
    async (beta, best) => {
      const logProbs = await solve(beta);
      const distance =
        0.5 * logProbs.reduce((sum, lp, a) => sum + Math.abs(Math.exp(lp) - (best.pi[a] ?? NaN)), 0);
      expect(distance).toBeLessThanOrEqual(0.02);
      const expectedReward = logProbs.reduce((sum, lp, a) => sum + Math.exp(lp) * (bandit.r[a] ?? NaN), 0);
      const value = expectedReward - beta * exactKl(logProbs, bandit.ref.map(Math.log));
      expect(value).toBeAllClose(best.optimum, { rtol: 0.01 });
    },
  );
});
