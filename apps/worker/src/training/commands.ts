import {
  BestOfNConfig,
  DpoConfig,
  KtoConfig,
  OnlineConfig,
  PpoConfig,
  RaftConfig,
  ReinforceConfig,
  RestConfig,
  RewardConfig,
  RsoConfig,
  SamplingConfig,
  SftConfig,
} from '@rankloop/contracts';
import { z } from 'zod';

// What the training process can be told, one command per recipe and a few that only draw or score.

const Conversation = z
  .array(z.object({ role: z.string(), content: z.string() }))
  .readonly()
  .optional();
const PromptContent = z.object({ text: z.string(), conversation: Conversation });
const TrainingPrompt = PromptContent.extend({ id: z.string() });
const RewardFolders = z.array(z.object({ dir: z.string(), weight: z.number() }));

const PreferenceExample = z.object({
  promptId: z.string(),
  promptText: z.string(),
  conversation: Conversation,
  completions: z.array(z.string()),
  cutOff: z.exactOptional(z.array(z.boolean())),
  judgements: z.array(
    z.object({
      id: z.string(),
      ranks: z.array(z.number().int().nullable()),
      weight: z.number(),
      strength: z.exactOptional(z.number()),
      ratings: z.exactOptional(z.array(z.number().nullable())),
    }),
  ),
});
const TextExample = z.object({
  promptText: z.string(),
  conversation: Conversation,
  output: z.string(),
  isCutOff: z.exactOptional(z.boolean()),
  weight: z.number(),
  source: z.enum(['demonstration', 'correction', 'chosen']),
});

const ThumbExample = z.object({
  promptText: z.string(),
  conversation: Conversation,
  output: z.string(),
  isCutOff: z.exactOptional(z.boolean()),
  isDesirable: z.boolean(),
  weight: z.number(),
});
const ScoredSample = z.object({
  promptId: z.string(),
  promptText: z.string(),
  conversation: Conversation,
  tokenIds: z.array(z.number().int()),
  logProbs: z.array(z.number()),
  score: z.number(),
  weight: z.number(),
  drawnBy: z.exactOptional(z.string()),
  maxNewTokens: z.number().int(),
});

/** Of every recipe that makes a policy. */
const fromPolicy = { policyDir: z.string(), outDir: z.string(), seed: z.number().int() };
const reference = { referenceDir: z.exactOptional(z.string()) };
const preferences = { examples: z.array(PreferenceExample), heldOut: z.array(PreferenceExample) };
/** Drawn for, and measured on. */
const candidates = {
  rewards: RewardFolders,
  prompts: z.array(TrainingPrompt),
  heldOutPrompts: z.array(TrainingPrompt),
};

const SftCommand = z.object({
  kind: z.literal('sft'),
  ...fromPolicy,
  examples: z.array(TextExample),
  heldOut: z.array(TextExample),
  config: SftConfig,
});
const RewardCommand = z.object({
  kind: z.literal('reward'),
  base: z.string(),
  outDir: z.string(),
  ...preferences,
  config: RewardConfig,
  sampling: SamplingConfig,
  seed: z.number().int(),
});
const ownDraws = {
  rewards: RewardFolders,
  prompts: z.array(TrainingPrompt),
  livePrompts: z.array(TrainingPrompt),
};
const ReinforceCommand = z.object({
  kind: z.literal('reinforce'),
  ...fromPolicy,
  ...reference,
  ...ownDraws,
  config: ReinforceConfig,
});
const PpoCommand = z.object({
  kind: z.literal('ppo'),
  ...fromPolicy,
  ...reference,
  ...ownDraws,
  corpus: z.exactOptional(z.array(z.string())),
  config: PpoConfig,
});
const DpoCommand = z.object({
  kind: z.literal('dpo'),
  ...fromPolicy,
  ...reference,
  ...preferences,
  config: DpoConfig,
});
const KtoCommand = z.object({
  kind: z.literal('kto'),
  ...fromPolicy,
  ...reference,
  examples: z.array(ThumbExample),
  heldOut: z.array(ThumbExample),
  config: KtoConfig,
});
const OnlineCommand = z.object({
  kind: z.literal('online'),
  ...fromPolicy,
  ...reference,
  /** Folders of the policies that drew the samples, by what the samples call them. */
  behaviours: z.record(z.string(), z.string()),
  examples: z.array(ScoredSample),
  heldOut: z.array(ScoredSample),
  config: OnlineConfig,
});
const RsoCommand = z.object({
  kind: z.literal('rso'),
  ...fromPolicy,
  samplerDir: z.exactOptional(z.string()),
  ...candidates,
  ...preferences,
  config: RsoConfig,
});
const RaftCommand = z.object({ kind: z.literal('raft'), ...fromPolicy, ...candidates, config: RaftConfig });
const RestCommand = z.object({ kind: z.literal('rest'), ...fromPolicy, ...candidates, config: RestConfig });
const BestOfNCommand = z.object({
  kind: z.literal('best-of-n'),
  ...fromPolicy,
  ...candidates,
  config: BestOfNConfig,
});

const draw = {
  modelDir: z.string(),
  prompts: z.array(TrainingPrompt),
  k: z.number().int(),
  config: SamplingConfig,
  seed: z.number().int(),
};
const SampleCommand = z.object({ kind: z.literal('sample'), ...draw });
/** Each output is the best of `n` draws by the reward. */
const DrawBestCommand = z.object({
  kind: z.literal('draw-best'),
  ...draw,
  n: z.number().int(),
  missingEndPenalty: z.number(),
  rewards: RewardFolders,
});
/** One output of one prompt, told while it is drawn. */
const GenerateCommand = z.object({
  kind: z.literal('generate'),
  modelDir: z.string(),
  prompt: PromptContent,
  config: SamplingConfig,
  seed: z.number().int(),
});
const ScoreCommand = z.object({
  kind: z.literal('score'),
  rewardDir: z.union([z.string(), RewardFolders]),
  items: z.array(z.object({ prompt: PromptContent, completion: z.string() })),
});

export const TrainingCommand = z.discriminatedUnion('kind', [
  SftCommand,
  RewardCommand,
  PpoCommand,
  ReinforceCommand,
  DpoCommand,
  KtoCommand,
  RsoCommand,
  RaftCommand,
  RestCommand,
  BestOfNCommand,
  OnlineCommand,
  SampleCommand,
  DrawBestCommand,
  GenerateCommand,
  ScoreCommand,
]);
export type TrainingCommand = z.infer<typeof TrainingCommand>;
