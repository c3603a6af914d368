// What every study begins with: a world, its base, and somewhere to put things.

import { SamplingConfig } from '@rankloop/contracts';
import { createWorld, type SmallWorld, type WorldName } from '@rankloop/demo';
import { splitByPrompt, trainRewardModel, type PreferenceExample, type RewardReport } from '@rankloop/rl';
import type { RewardConfig } from '@rankloop/contracts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openBase } from '../base.ts';
import type { StudyRun } from './study.ts';

export interface Workplace {
  world: SmallWorld;
  seed: number;
  dir: string;
  baseDir: string;
  sampling: SamplingConfig;
}

/** Opens a base, works in a folder of its own, and leaves nothing behind. */
export async function withWorkplace<T>(
  { size, seed, cacheDir }: StudyRun,
  worldName: WorldName,
  work: (workplace: Workplace) => Promise<T>,
): Promise<T> {
  const world = createWorld(worldName, seed);
  const dir = mkdtempSync(path.join(tmpdir(), 'rankloop-study-'));
  try {
    const baseDir = await openBase(cacheDir, size, world);
    const sampling = SamplingConfig.parse({ maxNewTokens: world.maxNewTokens, temperature: 1 });
    return await work({ world, seed, dir, baseDir, sampling });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A reward model in a folder named `name`. */
export async function trainReward(
  { baseDir, dir, sampling, seed }: Workplace,
  name: string,
  examples: readonly PreferenceExample[],
  config: RewardConfig,
): Promise<{ rewardDir: string; report: RewardReport }> {
  const rewardDir = path.join(dir, name);
  const { train, heldOut } = splitByPrompt(examples, { heldOutFraction: config.heldOutFraction, seed });
  const report = await trainRewardModel({
    base: baseDir,
    outDir: rewardDir,
    examples: train,
    heldOut,
    config,
    sampling,
    seed,
  });
  return { rewardDir, report };
}

export const mean = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0) / values.length;
