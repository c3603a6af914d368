// What the callers of supervised fine-tuning give and get.

import type { SftConfig } from '@rankloop/contracts';
import type { PromptContent } from '../../data/encode.ts';
import type { ModelFolderPath, TrainRewardModelOptions } from '../types.ts';

/** Where a target text comes from: written by a person, edited by one, or ranked first by one. */
export type SftSource = 'demonstration' | 'correction' | 'chosen';

export interface SftExample {
  promptText: string;
  /** The same as messages, for a model with a chat template. */
  conversation?: PromptContent['conversation'];
  /** What the policy is to write. */
  output: string;
  /** Drawing stopped it at its longest, so that it teaches no end; false where absent. */
  isCutOff?: boolean;
  /** Trust, 1 by default; a text with weight 0 counts nothing. */
  weight: number;
  source: SftSource;
}

export interface TrainSftOptions extends Pick<
  TrainRewardModelOptions,
  'seed' | 'signal' | 'onMetrics' | 'yieldToEventLoop' | 'progress'
> {
  /** Where the policy begins. */
  policyDir: ModelFolderPath;
  outDir: ModelFolderPath;
  /** Those of sources that the config leaves out are not learned. */
  examples: readonly SftExample[];
  /** Of prompts that do not occur in `examples`; see `splitByPrompt`. */
  heldOut: readonly SftExample[];
  config: SftConfig;
}

export interface SftReport {
  /** Nats per token on held-out prompts before training; null when nothing was held out. */
  heldOutLossBefore: number | null;
  /** The same of the policy that was written. */
  heldOutLoss: number | null;
  /** The same after each pass. */
  heldOutLossByEpoch: number[];
  /** The pass that was written, from 1. */
  keptEpoch: number;
  steps: number;
  seconds: number;
  trainTexts: number;
  heldOutTexts: number;
  /** Training texts of each source. */
  sources: Record<SftSource, number>;
  /** Texts of sources that are switched off, or of weight 0. */
  skippedTexts: number;
  /** Texts that were longer than the model or `maxTokens` allows. */
  truncatedTexts: number;
  finalLoss: number;
}
