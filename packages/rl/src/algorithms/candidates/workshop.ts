// The policy, what scores it, and the order of its prompts: what every recipe that draws and chooses holds.

import { z } from 'zod';
import { ShuffledItems } from '../../data/shuffled-items.ts';
import { Random } from '../../engine/random.ts';
import { CausalLm } from '../../models/causal-lm.ts';
import { Tokenizer } from '../../tokenizers/tokenizer.ts';
import { writeModelFolder } from '../../weights/model-folder.ts';
import { refuseBrokenWeights } from '../ppo/improve.ts';
import { orderPart, randomPart, valuePart, weightsPart } from '../progress/parts.ts';
import type { Parts } from '../progress/progress.ts';
import { loadRewardSource, type RewardSource } from '../reward/reward-source.ts';
import type { NextTokenTraining } from '../sft/next-token-training.ts';
import { pauseBetweenSteps } from '../step-control.ts';
import type { TrainingPrompt } from '../types.ts';
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
  /** What of it changes while it is in use. */
  readonly parts: Parts;
  /** Every one once before any comes again. */
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
  const order = new ShuffledItems(options.prompts, random);
  const workshop: Workshop = {
    policy,
    tokenizer,
    rewards,
    random,
    signal: options.signal,
    pause,
    training: undefined,
    updates: 0,
    parts: {
      policy: weightsPart([...policy.params.values()]),
      random: randomPart(random),
      prompts: orderPart(order),
      updates: valuePart(z.number().int(), {
        read: () => workshop.updates,
        place: (updates) => (workshop.updates = updates),
      }),
    },
    nextPrompts: (count) => order.next(count),
    write: async (outDir) => {
      await pause();
      refuseBrokenWeights(policy, workshop.updates);
      await writeModelFolder(outDir, {
        config: policy.config,
        tensors: policy.hostTensors(),
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
