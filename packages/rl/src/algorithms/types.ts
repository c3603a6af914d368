// What the callers of the learning part give and get. The functions are in the files named after them.

import type { PpoConfig, ReinforceConfig, RewardConfig, SamplingConfig } from '@rankloop/contracts';
import type { PromptContent } from '../data/encode.ts';
import type { Progress } from './progress/progress.ts';

/** A folder with config.json, model.safetensors (or shards) and tokenizer.json. */
export type ModelFolderPath = string;

/** One task: a prompt, its K outputs, and every judgement of them. */
export interface PreferenceExample {
  promptId: string;
  promptText: string;
  /** The same as messages, for a model with a chat template. */
  conversation?: PromptContent['conversation'];
  completions: string[];
  /** One per completion: drawing stopped it at its longest, so that it teaches no end. None where absent. */
  cutOff?: boolean[];
  judgements: PreferenceJudgement[];
}

export interface PreferenceJudgement {
  id: string;
  /** One per completion: 1 is best, equal is a tie, null is not ranked. */
  ranks: (number | null)[];
  /** Trust, 1 by default; a judgement with weight 0 counts nothing. */
  weight: number;
  /** How much better, 1..3 (sign ignored), where the form asked for it. */
  strength?: number;
  /** One per completion on a common scale, such as 0..1 from the lowest rating of the form to its highest; null is not rated. */
  ratings?: (number | null)[];
}

/** Called between steps. It must let the event loop run: `() => new Promise((resolve) => setImmediate(resolve))`. */
export type YieldToEventLoop = () => Promise<void>;

export type OnMetrics = (step: number, totalSteps: number, values: Record<string, number>) => void;

interface RunOptions {
  seed: number;
  /** Aborting rejects with the signal's reason at the next step; nothing is left in `outDir`'s place but what a caller may delete. */
  signal?: AbortSignal | undefined;
  onMetrics?: OnMetrics | undefined;
  yieldToEventLoop?: YieldToEventLoop | undefined;
  /** Lets the run go on where an earlier one of the same options was when its process was killed. */
  progress?: Progress | undefined;
}

/** A share with its bootstrap interval over prompts (95 %). */
export interface Interval {
  value: number;
  low: number;
  high: number;
  /** Prompts behind it. */
  n: number;
}

/** Of the pairs that the model calls with a probability in [from, to): how often it was right. */
export interface CalibrationBin {
  from: number;
  to: number;
  predicted: number;
  observed: number;
  /** 95 % interval of `observed` over prompts. */
  low: number;
  high: number;
  count: number;
}

export interface TrainRewardModelOptions extends RunOptions {
  base: ModelFolderPath;
  outDir: string;
  examples: readonly PreferenceExample[];
  /** Prompts that do not occur in `examples`; see `splitByPrompt`. */
  heldOut: readonly PreferenceExample[];
  config: RewardConfig;
  /** How the samples of the base that normalise the score are drawn. */
  sampling?: SamplingConfig;
}

export interface RewardReport {
  /** Null when the held-out examples hold no pair. */
  heldOutAccuracy: Interval | null;
  /** How far PPO believes the score, 0..1: 0 where the held-out accuracy may be chance. */
  confidence: number;
  /** Empty of a model of ratings. */
  calibration: CalibrationBin[];
  /** Mean and deviation of raw scores of the base's samples; the stored normalisation maps them to 0 and 1. */
  normalisation: { mean: number; std: number };
  steps: number;
  seconds: number;
  trainPrompts: number;
  trainJudgements: number;
  trainPairs: number;
  heldOutPairs: number;
  /** Judgements without a pair: all ties, or fewer than two outputs ranked. */
  skippedJudgements: number;
  /** Texts that were longer than the model or `maxTokens` allows. */
  truncatedTexts: number;
  /** Of the last member, where there are several. */
  finalLoss: number;
  /** Of an ensemble: each member by itself. */
  members?: { heldOutAccuracy: Interval | null; normalisation: { mean: number; std: number } }[];
  /** Of a model of ratings: squared error in variances of the ratings, 1 is as good as saying the mean. */
  heldOutRatingError?: number | null;
}

export interface TrainingPrompt extends PromptContent {
  readonly id: string;
}

/** An output drawn while PPO runs, always on the same prompts with the same seed. */
export interface LiveSample {
  promptId: string;
  text: string;
  /** Drawn tokens, the end included. */
  tokens: number;
  /** Normalised score of the reward model. */
  score: number;
  /** log π(output) - log π_ref(output), nats. */
  kl: number;
}

/** A part of a reward. */
export interface WeightedReward {
  readonly dir: ModelFolderPath;
  /** > 0; the weights of a mixture count by their share of the sum. */
  readonly weight: number;
}

/** Of the recipes that improve a policy on its own draws. */
export interface PolicyRunOptions extends RunOptions {
  policyDir: ModelFolderPath;
  /** The policy that KL is measured to; `policyDir` when absent. */
  referenceDir?: ModelFolderPath;
  /** One reward model or ensemble; or name `rewards`, a mixture with its weights, which then counts. */
  rewardDir?: ModelFolderPath | undefined;
  rewards?: readonly WeightedReward[] | undefined;
  outDir: string;
  prompts: readonly TrainingPrompt[];
  /** Whose first `samplePrompts` get the live outputs; `prompts` when absent. */
  livePrompts?: readonly TrainingPrompt[] | undefined;
  /** Step 0 is the policy before the first update. */
  onSamples?: ((step: number, samples: LiveSample[]) => void) | undefined;
}

export interface RunPpoOptions extends PolicyRunOptions {
  config: PpoConfig;
  /** Pretraining texts, for a `ptxCoefficient` above 0. */
  corpus?: readonly string[] | undefined;
}

export interface RunReinforceOptions extends PolicyRunOptions {
  config: ReinforceConfig;
}

/** What the policy has kept of the corpus that was mixed in: - mean log π of windows that never trained, in nats. */
export interface PretrainingReport {
  heldOutLossBefore: number;
  heldOutLossAfter: number;
  trainWindows: number;
  heldOutWindows: number;
}

export interface PpoReport {
  iterations: number;
  episodes: number;
  seconds: number;
  tokensPerSecond: number;
  /** The last iteration's metrics. */
  final: Record<string, number>;
  /** Where a corpus was mixed in. */
  pretraining?: PretrainingReport;
}

export interface SampleFromFolderOptions {
  modelDir: ModelFolderPath;
  prompts: readonly TrainingPrompt[];
  /** Outputs per prompt. */
  k: number;
  config: SamplingConfig;
  seed: number;
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface SampledCompletion {
  promptId: string;
  /** 0..k-1 within the prompt. */
  index: number;
  text: string;
  /** Without the end-of-text token. */
  tokenIds: number[];
  /** Under the distribution that was drawn from, one per drawn token (the end-of-text token included). */
  logProbs: number[];
  finished: 'eos' | 'length';
}

/** Training left the region where numbers mean something. The policy it began from is untouched. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';
  readonly code = 'diverged';
  /** One plain sentence: what happened and what to change. */
  readonly reason: string;
  readonly step: number;

  constructor(reason: string, step: number) {
    super(reason);
    this.reason = reason;
    this.step = step;
  }
}
