import { PpoConfig } from '@rankloop/contracts';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine/use-engine.ts';
import { testEngine } from '../../testing/test-engines.ts';
import { writeTinyReward } from '../../testing/tiny-reward.ts';
import { freshFolder, tinyPrompts, writeTinyBase } from '../../testing/tiny-world.ts';
import { RewardModel } from '../reward-model.ts';
import { runPpo } from '../run-ppo.ts';
import { DivergedError } from '../types.ts';

const prompts = tinyPrompts(16);
/** Nothing but the last look can see what becomes of the policy. */
const config = PpoConfig.parse({
  iterations: 1,
  episodesPerIteration: 16,
  minibatchEpisodes: 8,
  maxNewTokens: 12,
  samplePrompts: 0,
  weighByConfidence: false,
  warmupIterations: 0,
});
let base: string;
let rewardDir: string;
beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  base = await writeTinyBase();
  rewardDir = await writeTinyReward(base);
}, 90_000);

/** @returns what ended it; null when it wrote a policy */
async function endOf(changes: Partial<PpoConfig>, more: { rewardDir?: string } = {}): Promise<unknown> {
  const outDir = join(await freshFolder(), 'policy');
  const options = { policyDir: base, rewardDir, outDir, prompts, seed: 1, ...more };
  try {
    await runPpo({ ...options, config: { ...config, ...changes } });
    return null;
  } catch (error) {
    expect(existsSync(outDir)).toBe(false);
    return error;
  }
}

describe('a policy that ran away', { timeout: 90_000 }, () => {
  it('in the very last update ends as diverged and is not written', async () => {
    const wild = { learningRate: 0.1, stopUpdateKl: 1000, maxRatio: 1000, divergenceKl: 5 };
    expect(await endOf(wild)).toBeInstanceOf(DivergedError);
    expect(await endOf({ divergenceKl: 5 })).toBeNull();
  });

  it('under a reward a million times too large ends as diverged in the first iteration', async () => {
    const error = await endOf({ iterations: 50 }, { rewardDir: await writeScaledReward(1e6) });
    expect(error).toBeInstanceOf(DivergedError);
    expect(error).toMatchObject({
      step: 1,
      message: expect.stringContaining('the reward model is broken') as string,
    });
  });
});

/** The same reward model, which calls a deviation of the base's scores as many. */
async function writeScaledReward(factor: number): Promise<string> {
  const dir = join(await freshFolder(), 'reward');
  const model = await RewardModel.fromFolder(rewardDir);
  const { mean, std } = model.normalisation;
  model.normalisation = { mean, std: std / factor };
  await model.write(dir);
  model.dispose();
  return dir;
}
