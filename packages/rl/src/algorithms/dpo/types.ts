// What the callers of direct preference optimisation give and get.

import type { DpoConfig } from '@rankloop/contracts';
import type { Interval, ModelFolderPath, PreferenceExample, TrainRewardModelOptions } from '../types.ts';

export interface TrainDpoOptions extends Pick<
  TrainRewardModelOptions,
  'seed' | 'signal' | 'onMetrics' | 'yieldToEventLoop'
> {
  /** Where the policy begins. */
  policyDir: ModelFolderPath;
  /** The policy that it is held to; `policyDir` when absent. */
  referenceDir?: ModelFolderPath;
  outDir: ModelFolderPath;
  examples: readonly PreferenceExample[];
  /** Prompts that do not occur in `examples`; see `splitByPrompt`. */
  heldOut: readonly PreferenceExample[];
  config: DpoConfig;
}

export interface DpoReport {
  /** How often the policy's implicit reward prefers what people preferred; null when nothing was held out. */
  heldOutAccuracy: Interval | null;
  steps: number;
  seconds: number;
  trainPairs: number;
  heldOutPairs: number;
  /** Judgements without a pair: all ties, or fewer than two outputs ranked. */
  skippedJudgements: number;
  /** Pairs of which a text was longer than the model or `maxTokens` allows. */
  truncatedPairs: number;
  finalLoss: number;
}
