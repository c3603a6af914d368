import type { PromptContent } from '../data/encode.ts';
import { pauseBetweenSteps } from './step-control.ts';
import { RewardModel } from './reward-model.ts';
import type { ModelFolderPath } from './types.ts';

/** Normalised scores, in the order given: the base's outputs have mean 0 and deviation 1. */
export async function scoreWithRewardModel(options: {
  rewardDir: ModelFolderPath;
  items: readonly { prompt: PromptContent; completion: string }[];
  signal?: AbortSignal;
}): Promise<number[]> {
  const model = await RewardModel.fromFolder(options.rewardDir);
  try {
    return await model.score(options.items, pauseBetweenSteps(options));
  } finally {
    model.dispose();
  }
}
