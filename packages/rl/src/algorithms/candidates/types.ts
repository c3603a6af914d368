// What the callers of the recipes that draw and choose give and get.

import type { BestOfNConfig, RaftConfig, RestConfig, RsoConfig } from '@rankloop/contracts';
import type { DpoReport, TrainDpoOptions } from '../dpo/types.ts';
import type { ScoreScale } from '../reward/aggregate.ts';
import type { RewardFolders } from '../reward/reward-source.ts';
import type { Interval, ModelFolderPath, TrainingPrompt, TrainRewardModelOptions } from '../types.ts';

type RunOptions = Pick<
  TrainRewardModelOptions,
  'seed' | 'signal' | 'onMetrics' | 'yieldToEventLoop' | 'progress'
>;

export interface CandidateRunOptions extends RunOptions {
  /** Where the policy begins. */
  policyDir: ModelFolderPath;
  /** What candidates are scored with. */
  rewards: RewardFolders;
  /** Gets a complete model folder. */
  outDir: ModelFolderPath;
  /** Candidates are drawn for these. */
  prompts: readonly TrainingPrompt[];
  /** The reward is measured on these; they never train. On `prompts` when absent. */
  heldOutPrompts?: readonly TrainingPrompt[] | undefined;
  /**
   * Chooses by rewards dealt out at random: as many outputs, none for its reward, and no step is undone. The control that
   * a recipe has to beat; for benchmarks only.
   */
  isRandomTwin?: boolean | undefined;
}

/**
 * The reward of one output per prompt, drawn as candidates are, with the same seed before and after, on prompts by which
 * nothing was chosen.
 */
export interface RewardChange {
  /** Mean normalised score less penalties: the policy that a reward model was made of has about 0. */
  before: number;
  after: number;
  /** How often the reward of the new policy's output is the higher one; says what the reward model thinks. */
  winRate: Interval;
}

export interface RunRsoOptions
  extends Omit<CandidateRunOptions, 'rewards'>, Pick<TrainDpoOptions, 'examples' | 'heldOut'> {
  /** Needed for all modes but `direct`. */
  rewards?: RewardFolders | undefined;
  /** The policy that it is held to; `policyDir` when absent. */
  referenceDir?: ModelFolderPath | undefined;
  /** The policy that candidates come from; `policyDir` when absent. */
  samplerDir?: ModelFolderPath | undefined;
  config: RsoConfig;
}

export interface RsoReport {
  /** Null where no reward model was given (`direct` only). */
  reward: RewardChange | null;
  /** Null for `direct`. */
  candidates: RsoCandidates | null;
  dpo: DpoReport;
  seconds: number;
}

export interface RsoCandidates {
  /** The unit of what follows: log-odds, or normalised scores where the reward model was trained on ratings. */
  scale: ScoreScale;
  prompts: number;
  drawn: number;
  /** Different texts of the same prompt. */
  unique: number;
  kept: number;
  /** Expected share of the unique candidates that a first pass of rejection sampling accepts, mean over prompts. */
  acceptanceRate: number;
  /** Prompts with fewer unique candidates than were to be kept. */
  shortPrompts: number;
  pairs: number;
  /** Meetings of equal rewards. */
  ties: number;
  /** Mean reward of all unique candidates, and of those that were kept. */
  meanReward: number;
  keptReward: number;
}

export interface RunRaftOptions extends CandidateRunOptions {
  config: RaftConfig;
}

export interface RaftReport {
  reward: RewardChange;
  iterations: number;
  drawn: number;
  kept: number;
  steps: number;
  seconds: number;
  /** The last iteration's metrics. */
  final: Record<string, number>;
}

export interface RunRestOptions extends CandidateRunOptions {
  config: RestConfig;
}

/** One improve step. */
export interface RestStep {
  grow: number;
  improve: number;
  threshold: number;
  /** Candidates above the threshold, of all of the grow step. */
  kept: number;
  drawn: number;
  learningRate: number;
  /** Mean reward of the candidates above the threshold. */
  keptReward: number;
  /** Mean held-out reward after the step. */
  heldOutReward: number;
  /** False where the held-out reward did not rise: the step was undone. */
  isKept: boolean;
}

export interface RestReport {
  reward: RewardChange;
  history: RestStep[];
  /** Why it ended before the last step; null when it did all. */
  stopped: 'no-improvement' | 'nothing-above-threshold' | null;
  steps: number;
  seconds: number;
}

export interface RunBestOfNOptions extends CandidateRunOptions {
  config: BestOfNConfig;
}

export interface BestOfNReport {
  /** With `serve` after means the best of n draws, otherwise one draw of the trained policy. */
  reward: RewardChange;
  isServed: boolean;
  n: number;
  /** ln n - (n - 1) / n, nats: what the best of n draws costs at most; not what the trained policy does. */
  klBound: number;
  /** 0 with `serve`. */
  trainedOn: number;
  steps: number;
  seconds: number;
}
