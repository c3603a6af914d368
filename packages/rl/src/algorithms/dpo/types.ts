// What the callers of direct preference optimisation give and get.

import type { DpoConfig } from '@rankloop/contracts';
import type { PromptContent } from '../../data/encode.ts';
import type { Interval, ModelFolderPath, PreferenceExample, TrainRewardModelOptions } from '../types.ts';

/** What both ways in share. */
export interface DpoRunOptions extends Pick<
  TrainRewardModelOptions,
  'seed' | 'signal' | 'onMetrics' | 'yieldToEventLoop' | 'progress'
> {
  /** Where the policy begins. */
  policyDir: ModelFolderPath;
  /** The policy that it is held to; `policyDir` when absent. */
  referenceDir?: ModelFolderPath;
  outDir: ModelFolderPath;
  config: DpoConfig;
}

export interface TrainDpoOptions extends DpoRunOptions {
  examples: readonly PreferenceExample[];
  /** Prompts that do not occur in `examples`; see `splitByPrompt`. */
  heldOut: readonly PreferenceExample[];
}

/** Two outputs of which one is better, whoever says so: a person, or a reward model that ranked drawn outputs. */
export interface GivenPair {
  promptText: string;
  /** The same as messages, for a model with a chat template. */
  conversation?: PromptContent['conversation'];
  chosen: string;
  rejected: string;
  /** Which of the two drawing stopped at its longest, so that it teaches no end; neither where absent. */
  isCutOff?: { chosen: boolean; rejected: boolean };
  /** 1 by default; a pair with weight 0 counts nothing. */
  weight: number;
}

export interface TrainDpoOnPairsOptions extends DpoRunOptions {
  pairs: readonly GivenPair[];
  /** Of prompts that do not occur in `pairs`. */
  heldOut: readonly GivenPair[];
}

export interface DpoReport {
  /** How often the policy's implicit reward prefers what people preferred; null when nothing was held out. */
  heldOutAccuracy: Interval | null;
  steps: number;
  seconds: number;
  trainPairs: number;
  heldOutPairs: number;
  /** Judgements without a pair: all ties, or fewer than two outputs ranked; of given pairs, those that count nothing. */
  skippedJudgements: number;
  /** Pairs of which a text was longer than the model or `maxTokens` allows. */
  truncatedPairs: number;
  finalLoss: number;
}
