// What the callers of KTO give and get.

import type { KtoConfig } from '@rankloop/contracts';
import type { PromptContent } from '../../data/encode.ts';
import type { Interval, ModelFolderPath, TrainRewardModelOptions } from '../types.ts';

/** One output that somebody called good or bad by itself. */
export interface KtoExample {
  promptText: string;
  /** The same as messages, for a model with a chat template. */
  conversation?: PromptContent['conversation'];
  output: string;
  /** Drawing stopped it at its longest, so that it teaches no end; false where absent. */
  isCutOff?: boolean;
  /** Thumbs up. */
  isDesirable: boolean;
  /** Trust, 1 by default; a judgement with weight 0 counts nothing. */
  weight: number;
}

export interface TrainKtoOptions extends Pick<
  TrainRewardModelOptions,
  'seed' | 'signal' | 'onMetrics' | 'yieldToEventLoop' | 'progress'
> {
  /** Where the policy begins. */
  policyDir: ModelFolderPath;
  /** The policy that it is held to; `policyDir` when absent. */
  referenceDir?: ModelFolderPath;
  outDir: ModelFolderPath;
  examples: readonly KtoExample[];
  /** Of prompts that do not occur in `examples`; see `splitByPrompt`. */
  heldOut: readonly KtoExample[];
  config: KtoConfig;
}

export interface KtoReport {
  /**
   * How often an output's implicit reward lies on the side of the baseline that people put it on; null when nothing
   * was held out.
   */
  heldOutAccuracy: Interval | null;
  steps: number;
  seconds: number;
  desirable: number;
  undesirable: number;
  heldOutExamples: number;
  /** λ of both sides as they counted, balance included. */
  sideWeights: { desirable: number; undesirable: number };
  /** Examples of weight 0. */
  skippedExamples: number;
  /** Examples of which a text was longer than the model or `maxTokens` allows. */
  truncatedExamples: number;
  finalLoss: number;
}
