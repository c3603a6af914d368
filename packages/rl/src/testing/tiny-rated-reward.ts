// Tiny reward models for tests: judged and rated by a taste that can be computed.

import { RewardConfig, SamplingConfig } from '@rankloop/contracts';
import { join } from 'node:path';
import { loadRewardSource, type RewardFolders } from '../algorithms/reward/reward-source.ts';
import { trainRewardModel } from '../algorithms/train-reward-model.ts';
import type { PreferenceExample } from '../algorithms/types.ts';
import { splitByPrompt } from '../data/split.ts';
import { freshFolder, taste, tinyExamples } from './tiny-world.ts';

export const rewardSampling = SamplingConfig.parse({ maxNewTokens: 12 });
const defaults = RewardConfig.parse({
  learningRate: 5e-3,
  epochs: 2,
  batchPrompts: 16,
  normalisationSamples: 32,
});

/** Judged by taste, and rated by it. */
export function ratedExamples(count: number): PreferenceExample[] {
  return tinyExamples(count).map((example) => ({
    ...example,
    judgements: example.judgements.map((judgement) => ({
      ...judgement,
      ratings: example.completions.map(taste),
    })),
  }));
}

export async function trainRatedReward(
  base: string,
  changes: Partial<RewardConfig> = {},
  examples: readonly PreferenceExample[] = ratedExamples(80),
) {
  const parts = splitByPrompt(examples, { heldOutFraction: 0.25, seed: 1 });
  const outDir = join(await freshFolder(), 'reward');
  const curve: { step: number; total: number; values: Record<string, number> }[] = [];
  const report = await trainRewardModel({
    base,
    outDir,
    examples: parts.train,
    heldOut: parts.heldOut,
    config: { ...defaults, ...changes },
    sampling: rewardSampling,
    seed: 1,
    onMetrics: (step, total, values) => curve.push({ step, total, values }),
  });
  return { report, outDir, curve };
}

/** From the best to the worst by taste. */
export const TASTED_TEXTS = ['abcdefgh', 'abcdnopq', 'nopqrstu'].map((completion) => ({
  prompt: { text: 'ab:' },
  completion,
}));

export async function scoresOf(rewards: RewardFolders, scale: 'normalised' | 'log-odds' = 'normalised') {
  const source = await loadRewardSource(rewards);
  const scores = await source.score(TASTED_TEXTS, { scale });
  source.dispose();
  return scores;
}
