// Best-of-n as a served policy: of n draws the one with the highest reward is given.

import { CausalLm } from '../../models/causal-lm.ts';
import { Random } from '../../engine/random.ts';
import { bestOf } from '../../selection/best-of-n.ts';
import { shuffledWithinPrompts } from '../../selection/random-twin.ts';
import { Tokenizer } from '../../tokenizers/tokenizer.ts';
import { loadRewardSource, type RewardFolders } from '../reward/reward-source.ts';
import { pauseBetweenSteps } from '../step-control.ts';
import type { SampledCompletion, SampleFromFolderOptions } from '../types.ts';
import { drawCandidates, rewardsOf, type DrawnCandidate } from './draw.ts';

export interface DrawBestOfNOptions extends SampleFromFolderOptions {
  rewards: RewardFolders;
  /** Draws of which one is given; 1 samples as ever. */
  n: number;
  /** Taken from the score of a draw that was cut off; 0 by default. */
  missingEndPenalty?: number | undefined;
  /** Gives a draw at random instead of the best: the control; for benchmarks only. */
  isRandomTwin?: boolean | undefined;
}

/** A given output; its log-probabilities are those of a single draw, not of the best of n. */
export interface BestOutput extends SampledCompletion {
  /** Normalised score less the penalty. */
  reward: number;
}

/** Outputs drawn before the next progress is told. */
const CHUNK = 256;

/** `k` outputs for each prompt in the order of the prompts, each the best of `n` draws of its own. */
export async function drawBestOfN(options: DrawBestOfNOptions): Promise<BestOutput[]> {
  const { modelDir, prompts, k, n, config, signal, missingEndPenalty = 0, isRandomTwin = false } = options;
  const tokenizer = await Tokenizer.fromFolder(modelDir);
  const rewards = await loadRewardSource(options.rewards);
  const policy = await CausalLm.fromFolder(modelDir).catch((error: unknown) => {
    rewards.dispose();
    throw error;
  });
  const pause = pauseBetweenSteps({ signal });
  const drawer = { policy, tokenizer, rewards, signal, pause, training: undefined, updates: 0 };
  const random = new Random(options.seed);
  const best: BestOutput[] = [];
  try {
    const promptsPerChunk = Math.max(1, Math.floor(CHUNK / (k * n)));
    for (let start = 0; start < prompts.length; start += promptsPerChunk) {
      const drawn = await drawCandidates(drawer, prompts.slice(start, start + promptsPerChunk), {
        k: k * n,
        settings: { ...config, missingEndPenalty },
        seed: random.uint32(),
      });
      const judged = isRandomTwin ? shuffledWithinPrompts(rewardsOf(drawn), random) : rewardsOf(drawn);
      best.push(...drawn.flatMap((own, p) => bestOfEach(own.candidates, judged[p] ?? [], { k, n })));
      options.onProgress?.(best.length, prompts.length * k);
    }
  } finally {
    policy.dispose();
    rewards.dispose();
  }
  return best;
}

/** The best of each `n` candidates in a row. */
function bestOfEach(
  candidates: readonly DrawnCandidate[],
  rewards: readonly number[],
  { k, n }: { k: number; n: number },
): BestOutput[] {
  return Array.from({ length: k }, (_, index) => {
    const place = index * n + bestOf(rewards.slice(index * n, (index + 1) * n));
    return candidates.slice(place, place + 1).map(({ drawn, reward }) => ({ ...drawn, index, reward }));
  }).flat();
}
