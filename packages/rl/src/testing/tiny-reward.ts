import { RewardConfig, SamplingConfig } from '@rankloop/contracts';
import { join } from 'node:path';
import { splitByPrompt } from '../data/split.ts';
import { trainRewardModel } from '../algorithms/train-reward-model.ts';
import { freshFolder, tinyExamples } from './tiny-world.ts';

/** A reward model that has learned the taste of the tiny world, in a folder of its own. */
export async function writeTinyReward(base: string): Promise<string> {
  const outDir = join(await freshFolder(), 'reward');
  const { train, heldOut } = splitByPrompt(tinyExamples(120), { heldOutFraction: 0.1, seed: 1 });
  await trainRewardModel({
    base,
    outDir,
    examples: train,
    heldOut,
    config: RewardConfig.parse({ learningRate: 5e-3, epochs: 2, normalisationSamples: 64 }),
    sampling: SamplingConfig.parse({ maxNewTokens: 12, temperature: 1 }),
    seed: 1,
  });
  return outDir;
}
