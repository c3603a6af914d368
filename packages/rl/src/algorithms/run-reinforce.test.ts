import { ReinforceConfig } from '@rankloop/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../engine/use-engine.ts';
import { testEngine } from '../testing/test-engines.ts';
import { writeTinyReward } from '../testing/tiny-reward.ts';
import { freshFolder, haveSameWeights, tinyPrompts, writeTinyBase } from '../testing/tiny-world.ts';
import '../testing/to-be-all-close.ts';
import { runReinforce } from './run-reinforce.ts';
import { DivergedError } from './types.ts';

/** Training beside other load; a test that hangs ends all the same. */
const SLOW_MS = 120_000;
const prompts = tinyPrompts(32);
let base: string;
let rewardDir: string;

beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  base = await writeTinyBase();
  rewardDir = await writeTinyReward(base);
}, SLOW_MS);

const config = ReinforceConfig.parse({
  iterations: 2,
  promptsPerIteration: 4,
  outputsPerPrompt: 4,
  minibatchEpisodes: 8,
  maxNewTokens: 10,
  samplePrompts: 0,
  warmupIterations: 0,
  missingEndPenalty: 0,
});

async function run(
  changes: Partial<ReinforceConfig> = {},
  more: { seed?: number; signal?: AbortSignal } = {},
) {
  const outDir = join(await freshFolder(), 'policy');
  const curve: Record<string, number>[] = [];
  const report = await runReinforce({
    policyDir: base,
    rewards: [{ dir: rewardDir, weight: 1 }],
    outDir,
    prompts,
    config: { ...config, ...changes },
    seed: more.seed ?? 1,
    signal: more.signal,
    onMetrics: (_step, _total, values) => curve.push(values),
  });
  return { report, outDir, curve };
}

describe('policy gradients', { timeout: SLOW_MS }, () => {
  it.each([
    ['rloo', {}],
    ['grpo', {}],
    ['reinforce', { baseline: 'mean' }],
    ['reinforce', { baseline: 'learned' }],
  ] as const)('raise the score of the policy: %s %o', async (estimator, more) => {
    const { curve, report } = await run({
      estimator,
      ...more,
      iterations: 14,
      promptsPerIteration: 8,
      minibatchEpisodes: 16,
      learningRate: 6e-3,
      criticLearningRate: 6e-3,
    });
    const scores = curve.map((metrics) => metrics['objective/scores'] ?? NaN);
    const late = (scores.at(-1) ?? NaN) + (scores.at(-2) ?? NaN);
    expect(late / 2).toBeGreaterThan((scores[0] ?? NaN) + 0.7);
    expect(curve.at(-1)?.['objective/kl']).toBeGreaterThan(0);
    expect(report.episodes).toBe(14 * 8 * 4);
  });

  it('begin where the reference is: ratio 1, nothing clipped, no KL', async () => {
    const { curve } = await run({ iterations: 1, innerEpochs: 1, minibatchEpisodes: 16 });
    expect(curve[0]?.['val/ratio']).toBeAllClose(1, { atol: 1e-5 });
    expect(curve[0]?.['objective/kl']).toBeAllClose(0, { atol: 1e-4 });
    expect(curve[0]?.['policy/clipfrac_avg']).toBe(0);
  });

  it('report numbers alone, the KL of the loss where it counts there, and the critic where there is one', async () => {
    const curves = {
      rloo: (await run({ iterations: 1 })).curve[0] ?? {},
      grpo: (await run({ iterations: 1, estimator: 'grpo' })).curve[0] ?? {},
      learned: (await run({ iterations: 1, estimator: 'reinforce', baseline: 'learned' })).curve[0] ?? {},
    };
    for (const values of Object.values(curves))
      expect(Object.values(values).every(Number.isFinite)).toBe(true);
    expect(
      Object.entries(curves).map(([name, values]) => [name, 'kl' in values, 'loss/value_avg' in values]),
    ).toEqual([
      ['rloo', false, false],
      ['grpo', true, false],
      ['learned', false, true],
    ]);
  });

  it('are the same for the same seed, bit for bit, and another for another', async () => {
    const [first, second, other] = [await run(), await run(), await run({}, { seed: 2 })];
    expect(await haveSameWeights(first.outDir, second.outDir)).toBe(true);
    expect(await haveSameWeights(first.outDir, other.outDir)).toBe(false);
  });

  it('end as diverged when the policy runs away, and write nothing', async () => {
    const outDir = join(await freshFolder(), 'policy');
    const ending = runReinforce({
      policyDir: base,
      rewardDir,
      outDir,
      prompts,
      seed: 1,
      config: {
        ...config,
        iterations: 30,
        learningRate: 0.1,
        divergenceKl: 1,
        stopUpdateKl: 10,
        maxRatio: 1000,
      },
    });
    await expect(ending).rejects.toThrow(DivergedError);
    expect(existsSync(outDir)).toBe(false);
  });

  it('need a reward', async () => {
    const ending = runReinforce({ policyDir: base, outDir: join(base, 'x'), prompts, seed: 1, config });
    await expect(ending).rejects.toThrow('There is no reward to learn from');
  });

  it.each(['mean', 'learned'] as const)('leave no tensor behind, with the %s baseline', async (baseline) => {
    const changes = { estimator: 'reinforce', baseline, iterations: 1 } as const;
    await run(changes);
    const before = tf.memory().numTensors;
    await run(changes);
    expect(tf.memory().numTensors).toBe(before);
  });
});
