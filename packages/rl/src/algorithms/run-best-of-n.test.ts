import { BestOfNConfig, SamplingConfig } from '@rankloop/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../engine/use-engine.ts';
import { testEngine } from '../testing/test-engines.ts';
import { writeTinyReward } from '../testing/tiny-reward.ts';
import { freshFolder, haveSameWeights, tinyPrompts, writeTinyBase } from '../testing/tiny-world.ts';
import '../testing/to-be-all-close.ts';
import { drawBestOfN, type DrawBestOfNOptions } from './candidates/draw-best-of-n.ts';
import { runBestOfN } from './run-best-of-n.ts';

const SLOW_MS = 90_000;

const prompts = tinyPrompts(48);
const sampling = SamplingConfig.parse({ maxNewTokens: 10, temperature: 1 });
let policyDir: string;
let rewards: string;
beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  policyDir = await writeTinyBase();
  rewards = await writeTinyReward(policyDir);
}, SLOW_MS);

const config = BestOfNConfig.parse({
  n: 8,
  learningRate: 1e-2,
  epochs: 4,
  maxNewTokens: 10,
  missingEndPenalty: 0,
  warmupFraction: 0,
});

async function run(changes: Partial<BestOfNConfig> = {}) {
  const outDir = join(await freshFolder(), 'policy');
  const report = await runBestOfN({
    policyDir,
    rewards,
    outDir,
    prompts,
    config: { ...config, ...changes },
    seed: 1,
  });
  return { report, outDir };
}

describe('best of n', { timeout: SLOW_MS }, () => {
  it('as a training set moves the policy to a higher reward', async () => {
    const { report, outDir } = await run();
    expect(report).toMatchObject({ isServed: false, trainedOn: 48, steps: 12 });
    expect(report.reward.winRate.low).toBeGreaterThan(0.5);
    expect(await haveSameWeights(outDir, policyDir)).toBe(false);
  });

  it('as a served policy leaves the weights as they are and gives the best of its draws', async () => {
    const { report, outDir } = await run({ serve: true });
    expect(report).toMatchObject({ isServed: true, trainedOn: 0, steps: 0 });
    expect(report.klBound).toBeAllClose(Math.log(8) - 7 / 8);
    expect(report.reward.winRate.low).toBeGreaterThan(0.6);
    expect(await haveSameWeights(outDir, policyDir)).toBe(true);
  });
});

describe('drawing the best of n', { timeout: SLOW_MS }, () => {
  const draw = async (changes: Partial<DrawBestOfNOptions> = {}) =>
    drawBestOfN({
      modelDir: policyDir,
      rewards,
      prompts: prompts.slice(0, 12),
      k: 2,
      n: 4,
      config: sampling,
      seed: 3,
      ...changes,
    });
  const meanReward = (outputs: readonly { reward: number }[]) =>
    outputs.reduce((sum, { reward }) => sum + reward, 0) / outputs.length;

  it('gives k outputs for each prompt in their order, and tells its progress', async () => {
    const told: number[][] = [];
    const outputs = await draw({ onProgress: (done, total) => told.push([done, total]) });
    const places = outputs.map(({ promptId, index }) => [promptId, index]);
    expect(places).toEqual(prompts.slice(0, 12).flatMap(({ id }) => [[id, 0], [id, 1]])); // prettier-ignore
    expect(told.at(-1)).toEqual([24, 24]);
  });

  it('gives higher rewards for a larger n, which the random twin does not', async () => {
    const [one, eight] = [meanReward(await draw({ n: 1 })), meanReward(await draw({ n: 8 }))];
    expect(eight).toBeGreaterThan(one + 0.5);
    const twin = meanReward(await draw({ n: 8, isRandomTwin: true }));
    expect(Math.abs(twin - one)).toBeLessThan(0.5);
  });

  it('takes the penalty from outputs that were cut off', async () => {
    const [free, penalised] = [await draw({ n: 1 }), await draw({ n: 1, missingEndPenalty: 5 })];
    free.forEach(({ finished, reward }, i) => {
      expect(penalised[i]?.reward).toBe(finished === 'length' ? reward - 5 : reward);
    });
    expect(new Set(free.map(({ finished }) => finished)).size).toBe(2);
  });

  it('leaves no tensor behind', async () => {
    await draw();
    const before = tf.memory().numTensors;
    await draw();
    expect(tf.memory().numTensors).toBe(before);
  });
});
