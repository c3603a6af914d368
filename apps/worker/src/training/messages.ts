import { PpoConfig, RewardConfig, SamplingConfig } from '@rankloop/contracts';
import { z } from 'zod';

// What the worker and its training process say to each other. Both sides parse: they are different processes, and a
// long training should fail at its first message, not at its last.

/** Everything that is a number in training, also where training went wrong. */
const Figure = z.union([z.number(), z.nan(), z.literal(Infinity), z.literal(-Infinity)]);

const Conversation = z
  .array(z.object({ role: z.string(), content: z.string() }))
  .readonly()
  .optional();
const PromptContent = z.object({ text: z.string(), conversation: Conversation });
const TrainingPrompt = PromptContent.extend({ id: z.string() });
const PreferenceExample = z.object({
  promptId: z.string(),
  promptText: z.string(),
  conversation: Conversation,
  completions: z.array(z.string()),
  judgements: z.array(
    z.object({
      id: z.string(),
      ranks: z.array(z.number().int().nullable()),
      weight: z.number(),
      strength: z.exactOptional(z.number()),
    }),
  ),
});

export const RewardCommand = z.object({
  kind: z.literal('reward'),
  base: z.string(),
  outDir: z.string(),
  examples: z.array(PreferenceExample),
  heldOut: z.array(PreferenceExample),
  config: RewardConfig,
  sampling: SamplingConfig,
  seed: z.number().int(),
});
export const PpoCommand = z.object({
  kind: z.literal('ppo'),
  policyDir: z.string(),
  rewardDir: z.string(),
  outDir: z.string(),
  prompts: z.array(TrainingPrompt),
  livePrompts: z.array(TrainingPrompt),
  config: PpoConfig,
  seed: z.number().int(),
});
export const SampleCommand = z.object({
  kind: z.literal('sample'),
  modelDir: z.string(),
  prompts: z.array(TrainingPrompt),
  k: z.number().int(),
  config: SamplingConfig,
  seed: z.number().int(),
});
export const ScoreCommand = z.object({
  kind: z.literal('score'),
  rewardDir: z.string(),
  items: z.array(z.object({ prompt: PromptContent, completion: z.string() })),
});
export const TrainingCommand = z.discriminatedUnion('kind', [
  RewardCommand,
  PpoCommand,
  SampleCommand,
  ScoreCommand,
]);
export type TrainingCommand = z.infer<typeof TrainingCommand>;

export const ToChild = z.discriminatedUnion('type', [
  z.object({ type: z.literal('run'), id: z.number().int(), command: TrainingCommand }),
]);
export type ToChild = z.infer<typeof ToChild>;

export const EngineReport = z.object({
  name: z.string(),
  notBetter: z.array(z.string()),
  threads: z.number().int(),
  /** Where a better engine may appear, and the file that is there while one is being prepared. */
  setUp: z.object({ folder: z.string(), lock: z.string().nullable() }),
});
export type EngineReport = z.infer<typeof EngineReport>;

const LiveSample = z.object({ promptId: z.string(), text: z.string(), score: Figure, kl: Figure });
export type LiveSample = z.infer<typeof LiveSample>;

export const FromChild = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), engine: EngineReport }),
  /** No engine, or not the one that was asked for: the process ends. */
  z.object({ type: z.literal('unfit'), message: z.string() }),
  z.object({
    type: z.literal('metrics'),
    step: z.number().int(),
    totalSteps: z.number().int(),
    values: z.record(z.string(), Figure),
  }),
  z.object({ type: z.literal('samples'), step: z.number().int(), samples: z.array(LiveSample) }),
  z.object({ type: z.literal('done'), id: z.number().int(), result: z.unknown() }),
  z.object({
    type: z.literal('failed'),
    id: z.number().int(),
    code: z.enum(['diverged', 'error']),
    message: z.string(),
    stack: z.string().optional(),
  }),
]);
export type FromChild = z.infer<typeof FromChild>;

const Interval = z.object({ value: z.number(), low: z.number(), high: z.number(), n: z.number().int() });
export type Interval = z.infer<typeof Interval>;

export const RewardResult = z.object({
  heldOutAccuracy: Interval.nullable(),
  calibration: z.array(z.object({ predicted: z.number(), observed: z.number(), count: z.number().int() })),
  seconds: z.number(),
  trainPrompts: z.number().int(),
  trainPairs: z.number().int(),
  heldOutPairs: z.number().int(),
  skippedJudgements: z.number().int(),
  truncatedTexts: z.number().int(),
  /** Share of the score that PPO believes, 0..1. */
  confidence: z.number(),
});
export type RewardResult = z.infer<typeof RewardResult>;

export const PpoResult = z.object({
  iterations: z.number().int(),
  episodes: z.number().int(),
  seconds: z.number(),
  tokensPerSecond: z.number(),
  final: z.record(z.string(), Figure),
});
export type PpoResult = z.infer<typeof PpoResult>;

export const SampleResult = z.array(
  z.object({
    promptId: z.string(),
    index: z.number().int(),
    text: z.string(),
    tokenIds: z.array(z.number().int()),
    logProbs: z.array(z.number()),
    finished: z.enum(['eos', 'length']),
  }),
);
export type SampleResult = z.infer<typeof SampleResult>;

export const ScoreResult = z.array(z.number());
