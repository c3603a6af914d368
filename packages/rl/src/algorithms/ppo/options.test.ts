import { PpoConfig } from '@rankloop/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine/use-engine.ts';
import { testEngine } from '../../testing/test-engines.ts';
import { writeTinyReward } from '../../testing/tiny-reward.ts';
import { freshFolder, haveSameWeights, tinyPrompts, writeTinyBase } from '../../testing/tiny-world.ts';
import '../../testing/to-be-all-close.ts';
import { runPpo } from '../run-ppo.ts';
import { cutWindows } from './pretraining-mix.ts';

/** Training beside other load; a test that hangs ends all the same. */
const SLOW_MS = 120_000;
const prompts = tinyPrompts(32);
/** A text that is easy to learn and that nobody would like. */
const corpus = Array.from({ length: 40 }, () => 'zyzyzyzyzyzyzyzyzyzyzyzy');
let base: string;
let rewardDir: string;

beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  base = await writeTinyBase();
  rewardDir = await writeTinyReward(base);
}, SLOW_MS);

const config = PpoConfig.parse({
  iterations: 2,
  episodesPerIteration: 16,
  minibatchEpisodes: 8,
  maxNewTokens: 10,
  samplePrompts: 0,
  warmupIterations: 0,
  missingEndPenalty: 0,
});

async function run(changes: Partial<PpoConfig> = {}) {
  const outDir = join(await freshFolder(), 'policy');
  const curve: Record<string, number>[] = [];
  const report = await runPpo({
    policyDir: base,
    rewardDir,
    outDir,
    prompts,
    corpus,
    config: { ...config, ...changes },
    seed: 1,
    onMetrics: (_step, _total, values) => curve.push(values),
  });
  return { report, outDir, curve };
}

const mix = { ptxCoefficient: 1, ptxWindows: 4, ptxWindowTokens: 24, learningRate: 3e-3 };

describe('PPO with its pretraining text mixed in', { timeout: SLOW_MS }, () => {
  it.each(['actor-critic', 'simple'] as const)(
    'learns the text beside the reward, and says what is kept of it, in the %s form',
    async (form) => {
      const { report, curve } = await run({ ...mix, form, iterations: 6 });
      const { heldOutLossBefore = NaN, heldOutLossAfter = NaN } = report.pretraining ?? {};
      expect(heldOutLossAfter).toBeLessThan(heldOutLossBefore - 0.5);
      const losses = curve.map((metrics) => metrics['ptx/loss'] ?? NaN);
      expect(losses.at(-1)).toBeLessThan((losses[0] ?? NaN) - 0.3);
    },
  );

  it('does nothing at 0: the same weights, bit for bit, and no report', async () => {
    const [off, without] = [await run({ ...mix, ptxCoefficient: 0 }), await run({ learningRate: 3e-3 })];
    expect(await haveSameWeights(off.outDir, without.outDir)).toBe(true);
    expect(off.report.pretraining).toBeUndefined();
    expect(off.curve[0]).not.toHaveProperty('ptx/loss');
  });

  it('says what to do about a text that is too short', async () => {
    const ending = runPpo({
      policyDir: base,
      rewardDir,
      outDir: join(await freshFolder(), 'policy'),
      prompts,
      corpus: ['abc'],
      config: { ...config, ...mix },
      seed: 1,
    });
    await expect(ending).rejects.toThrow('1 windows of 24 tokens, and 2 are needed');
  });

  it('leaves no tensor behind', async () => {
    await run({ ...mix, iterations: 1 });
    const before = tf.memory().numTensors;
    await run({ ...mix, iterations: 1 });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('cuts each text into windows of its own, the text ended, and drops a rest of one token', () => {
    const texts = [[1, 2, 3, 4, 5], [6, 7], [8]];
    expect(cutWindows(texts, { windowTokens: 4, endTokenId: 0 })).toEqual([
      [1, 2, 3, 4],
      [5, 0],
      [6, 7, 0],
      [8, 0],
    ]);
    expect(cutWindows(texts, { windowTokens: 4, endTokenId: undefined })).toEqual([
      [1, 2, 3, 4],
      [6, 7],
    ]);
  });
});

describe('the options of PPO', { timeout: SLOW_MS }, () => {
  it.each([
    ['with', true],
    ['without', false],
  ])('the simple form raises the score without a critic, %s comparing outputs', async (_, isCompared) => {
    const { curve } = await run({
      form: 'simple',
      whitenAdvantages: isCompared,
      iterations: 16,
      episodesPerIteration: 32,
      minibatchEpisodes: 16,
      learningRate: 6e-3,
    });
    const scores = curve.map((metrics) => metrics['objective/scores'] ?? NaN);
    expect(((scores.at(-1) ?? NaN) + (scores.at(-2) ?? NaN)) / 2).toBeGreaterThan((scores[0] ?? NaN) + 0.7);
    expect(curve[0]).not.toHaveProperty('loss/value_avg');
  });

  it('the penalty per token is taken for every token beyond the free length', async () => {
    const first = async (changes: Partial<PpoConfig>) =>
      (await run({ iterations: 1, ...changes })).curve[0] ?? {};
    const [free, all] = [await first({}), await first({ lengthPenalty: 0.5 })];
    const some = await first({ lengthPenalty: 0.5, freeLength: 10 });
    const lost = (free['objective/scores'] ?? NaN) - (all['objective/scores'] ?? NaN);
    expect(lost).toBeAllClose(0.5 * (free['response_length'] ?? NaN), { atol: 1e-5 });
    expect(some['objective/scores']).toBeAllClose(free['objective/scores'] ?? NaN, { atol: 1e-6 });
  });

  it('a critic with a zero head foresees nothing at first', async () => {
    const [zero, reward] = [await run({ criticInit: 'zero-head' }), await run()];
    expect(zero.curve[0]?.['explained_variance']).toBeAllClose(0, { atol: 1e-6 });
    expect(reward.curve[0]?.['explained_variance']).not.toBeCloseTo(0, 3);
    expect(zero.curve[1]?.['explained_variance']).not.toBeCloseTo(0, 6);
  });

  it('every other convention trains too, to other weights', async () => {
    const usual = await run();
    for (const changes of [
      { whitenRewards: true },
      { whitenVariance: 'population' },
      { klEstimator: 'k3' },
      { scorePlace: 'after-end' },
    ] as const)
      expect(await haveSameWeights((await run(changes)).outDir, usual.outDir)).toBe(false);
  });

  it('an output that fills its room gets its score at the last token, wherever others get theirs', async () => {
    const full = { maxNewTokens: 1 };
    const [usual, after] = [await run(full), await run({ ...full, scorePlace: 'after-end' })];
    expect(await haveSameWeights(after.outDir, usual.outDir)).toBe(true);
  });
});
