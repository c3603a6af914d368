import type { PromptContent } from '../data/encode.ts';
import type { ScoreScale } from './reward/aggregate.ts';
import { loadRewardSource } from './reward/reward-source.ts';
import { pauseBetweenSteps } from './step-control.ts';
import type { ModelFolderPath, WeightedReward } from './types.ts';

/**
 * Scores of one reward model or ensemble, or of a mixture of several, in the order given. Normalised by default: the
 * base's outputs have mean 0 and deviation 1. In `log-odds` a difference is how surely people would prefer one.
 */
export async function scoreWithRewardModel(options: {
  rewardDir: ModelFolderPath | readonly WeightedReward[];
  items: readonly { prompt: PromptContent; completion: string }[];
  scale?: ScoreScale;
  signal?: AbortSignal;
}): Promise<number[]> {
  const source = await loadRewardSource(options.rewardDir);
  try {
    const between = pauseBetweenSteps(options);
    return await source.score(options.items, { scale: options.scale ?? 'normalised', between });
  } finally {
    source.dispose();
  }
}
