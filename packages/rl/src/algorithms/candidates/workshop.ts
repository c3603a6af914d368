// The policy, what scores it, and the order of its prompts: what every recipe that draws and chooses holds.

import { Random } from '../../engine/random.ts';
import { CausalLm } from '../../models/causal-lm.ts';
import { Tokenizer } from '../../tokenizers/tokenizer.ts';
import { writeModelFolder } from '../../weights/model-folder.ts';
import { loadRewardSource, type RewardSource } from '../reward/reward-source.ts';
import type { NextTokenTraining } from '../sft/next-token-training.ts';
import { pauseBetweenSteps } from '../step-control.ts';
import { DivergedError, type TrainingPrompt } from '../types.ts';
import type { CandidateRunOptions } from './types.ts';

export interface Workshop {
  readonly policy: CausalLm;
  readonly tokenizer: Tokenizer;
  readonly rewards: RewardSource;
  readonly random: Random;
  readonly signal: AbortSignal | undefined;
  readonly pause: () => Promise<void>;
  /** What learns, from the first time on: it keeps its recorded steps for the next. */
  training: NextTokenTraining | undefined;
  /** How often the policy was updated. */
  updates: number;
  /** The next prompts of an endless shuffled order. */
  nextPrompts(count: number): TrainingPrompt[];
  /** A complete folder with the policy as it is now; not when cancelled. */
  write(outDir: string): Promise<void>;
  dispose(): void;
}

type WorkshopOptions = Pick<
  CandidateRunOptions,
  'policyDir' | 'rewards' | 'prompts' | 'seed' | 'signal' | 'yieldToEventLoop'
>;

export async function openWorkshop(options: WorkshopOptions): Promise<Workshop> {
  if (options.prompts.length === 0) throw new Error('There is no prompt to draw outputs for.');
  const tokenizer = await Tokenizer.fromFolder(options.policyDir);
  const rewards = await loadRewardSource(options.rewards);
  const policy = await CausalLm.fromFolder(options.policyDir).catch((error: unknown) => {
    rewards.dispose();
    throw error;
  });
  const random = new Random(options.seed);
  const pause = pauseBetweenSteps(options);
  const order = shuffledForever(options.prompts, random);
  const workshop: Workshop = {
    policy,
    tokenizer,
    rewards,
    random,
    signal: options.signal,
    pause,
    training: undefined,
    updates: 0,
    nextPrompts: (count) => Array.from({ length: count }, () => order.next().value),
    write: async (outDir) => {
      await pause();
      const tensors = policy.hostTensors();
      if (![...tensors.values()].every(({ values }) => values.every(Number.isFinite))) {
        throw new DivergedError(
          'The last update left weights that are not numbers: lower the learning rate.',
          workshop.updates,
        );
      }
      await writeModelFolder(outDir, {
        config: policy.config,
        tensors,
        tokenizerJson: tokenizer.json,
        tokenizerConfigJson: tokenizer.configJson,
        trainedFrom: options.policyDir,
      });
    },
    dispose: () => {
      workshop.training?.dispose();
      policy.dispose();
      rewards.dispose();
    },
  };
  return workshop;
}

function* shuffledForever(
  prompts: readonly TrainingPrompt[],
  random: Random,
): Generator<TrainingPrompt, never> {
  for (;;) yield* random.shuffled(prompts);
}
