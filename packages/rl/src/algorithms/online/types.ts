// What learning from people's scores of fresh samples takes and gives.

import type { OnlineConfig } from '@rankloop/contracts';
import type { PromptContent } from '../../data/encode.ts';
import type { ModelFolderPath, TrainRewardModelOptions } from '../types.ts';

/** One output that a policy drew and people scored. */
export interface OnlineExample {
  promptId: string;
  promptText: string;
  /** The same as messages, for a model with a chat template. */
  conversation?: PromptContent['conversation'];
  /** As drawn, without the end-of-text token. */
  tokenIds: readonly number[];
  /** As stored when it was drawn, one per drawn token: one more than `tokenIds` where the output ended by itself. */
  logProbs: readonly number[];
  /** People's scores of this output, averaged by their weights, on the common scale: see `centreScore`. */
  score: number;
  /** How much it counts, 1 by default; the sum of the trust in the people who scored it. */
  weight: number;
  /** Which policy drew it, a key of `behaviours`. */
  drawnBy?: string | undefined;
  /** The room that drawing left to this output: what a long prompt was cut to. The longest of all outputs when absent. */
  maxNewTokens?: number | undefined;
}

export interface TrainOnlineOptions extends Pick<
  TrainRewardModelOptions,
  'seed' | 'signal' | 'onMetrics' | 'yieldToEventLoop' | 'progress'
> {
  policyDir: ModelFolderPath;
  /** The policy that KL is measured to; `policyDir` when absent. */
  referenceDir?: ModelFolderPath;
  /** Policies that drew samples and are still there: their log-probabilities are taken again, by the training forward. */
  behaviours?: Readonly<Record<string, ModelFolderPath>>;
  outDir: string;
  examples: readonly OnlineExample[];
  /** Prompts that do not occur in `examples`. */
  heldOut?: readonly OnlineExample[];
  config: OnlineConfig;
}

/** The mean score that held-out samples let expect of a policy, by importance sampling over whole outputs. */
export interface OffPolicyEstimate {
  before: number;
  after: number;
  /** (Σ w)² / Σ w² after training: where it is few, `after` says little. */
  effectiveSamples: number;
  samples: number;
}

export interface OnlineReport {
  samples: number;
  used: number;
  /** Drawn by a policy that is too far from this one; see `staleRatio`. */
  refusedStale: number;
  /** Without log-probabilities of each token, with tokens that the policy does not have, ended by one of several end tokens, drawn with more room than the policy reads, or of weight 0. */
  refusedUnusable: number;
  /** Whose log-probabilities were taken again. */
  recomputed: number;
  /** Mean |stored - recomputed| per token, nats: what sampler and training forward differ by. Null where none was. */
  samplerGap: number | null;
  /** Mean score of the samples that were used, -1..1. */
  meanScore: number;
  steps: number;
  passes: number;
  seconds: number;
  /** Null without held-out samples. */
  heldOutScore: OffPolicyEstimate | null;
  /** The last update's metrics. */
  final: Record<string, number>;
}
