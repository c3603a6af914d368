import { z } from 'zod';
import { BEST_OF_N_SETTINGS, BestOfNConfig } from './best-of-n.ts';
import { DPO_SETTINGS, DpoConfig } from './dpo.ts';
import { KTO_SETTINGS, KtoConfig } from './kto.ts';
import { ONLINE_SETTINGS, OnlineConfig } from './online.ts';
import { PPO_SETTINGS, PpoConfig } from './ppo.ts';
import { RAFT_SETTINGS, RaftConfig } from './raft.ts';
import { RecipeName } from './recipe-name.ts';
import { REINFORCE_SETTINGS, ReinforceConfig } from './reinforce.ts';
import { REST_SETTINGS, RestConfig } from './rest.ts';
import { REWARD_SETTINGS, RewardConfig } from './reward.ts';
import { RSO_SETTINGS, RsoConfig } from './rso.ts';
import type { Setting } from './settings.ts';
import { SFT_SETTINGS, SftConfig } from './sft.ts';
import { RewardInput, StageName } from './stage-names.ts';

// Every recipe joins here: one stage schema, one entry of RECIPES. The worker has one module per recipe beside it
// (apps/worker/src/rounds/recipes).

/** What every stage has. A stage without a name is called after its recipe. */
function head<Recipe extends string>(recipe: Recipe) {
  return { name: StageName.default(recipe), recipe: z.literal(recipe) };
}
const policy = StageName.default('start');
const reward = RewardInput.default('reward');

export const SftStage = z.strictObject({ ...head('sft'), policy, config: SftConfig.prefault({}) });
export const RewardStage = z.strictObject({
  ...head('reward'),
  /** The policy whose body the reward model starts from. */
  from: StageName.default('start'),
  config: RewardConfig.prefault({}),
});
/** By which stages ask for a pretraining corpus of their project. */
export const CorpusName = z.string().trim().min(1).max(60);

export const PpoStage = z.strictObject({
  ...head('ppo'),
  policy,
  /** What KL is measured from; absent: the policy that the stage begins from. */
  reference: StageName.optional(),
  reward,
  /** The pretraining text that is mixed in where `ptxCoefficient` is above 0; absent: the project's newest. */
  corpus: CorpusName.optional(),
  config: PpoConfig.prefault({}),
});
export const ReinforceStage = z.strictObject({
  ...head('reinforce'),
  policy,
  reference: StageName.optional(),
  reward,
  config: ReinforceConfig.prefault({}),
});
export const DpoStage = z.strictObject({
  ...head('dpo'),
  policy,
  reference: StageName.optional(),
  config: DpoConfig.prefault({}),
});
export const KtoStage = z.strictObject({
  ...head('kto'),
  policy,
  reference: StageName.optional(),
  config: KtoConfig.prefault({}),
});
export const RsoStage = z.strictObject({
  ...head('rso'),
  policy,
  /** Who draws the candidates; absent: the policy that the stage begins from. */
  sampler: StageName.optional(),
  reward,
  config: RsoConfig.prefault({}),
});
export const RaftStage = z.strictObject({
  ...head('raft'),
  policy,
  reward,
  config: RaftConfig.prefault({}),
});
export const RestStage = z.strictObject({
  ...head('rest'),
  policy,
  reward,
  config: RestConfig.prefault({}),
});
export const BestOfNStage = z.strictObject({
  ...head('best-of-n'),
  policy,
  reward,
  config: BestOfNConfig.prefault({}),
});

export const OnlineStage = z.strictObject({
  ...head('online'),
  policy,
  reference: StageName.optional(),
  config: OnlineConfig.prefault({}),
});

/** One step of a round: what it learns by, from what, with which settings. */
export const StageSpec = z.discriminatedUnion(
  'recipe',
  [
    SftStage,
    RewardStage,
    PpoStage,
    ReinforceStage,
    DpoStage,
    KtoStage,
    RsoStage,
    RaftStage,
    RestStage,
    BestOfNStage,
    OnlineStage,
  ],
  // Its own fault is an unknown recipe; faults within a stage have their own words.
  { error: () => `There is no such recipe. Choose one of: ${RecipeName.options.join(', ')}.` },
);
export type StageSpec = z.infer<typeof StageSpec>;
export type StageSpecInput = z.input<typeof StageSpec>;
export type StageOf<Recipe extends RecipeName> = Extract<StageSpec, { recipe: Recipe }>;

export type Makes = 'policy' | 'reward';

export interface RecipeInfo {
  label: string;
  /** One line: what it does. */
  help: string;
  makes: Makes;
  /** Names of the inputs in the order of a form; those with "?" may be left out. */
  inputs: readonly ('from' | 'policy' | 'reference?' | 'sampler?' | 'reward')[];
  settings: Readonly<Record<string, Setting>>;
  /** How long it usually takes beside the others of its round; for progress, not for promises. */
  share: number;
}

export const RECIPES: Record<StageSpec['recipe'], RecipeInfo> = {
  sft: {
    label: 'SFT',
    help: 'Trains the policy to write what people wrote, edited or chose.',
    makes: 'policy',
    inputs: ['policy'],
    settings: SFT_SETTINGS,
    share: 0.3,
  },
  reward: {
    label: 'Reward model',
    help: 'Learns from the judgements which output people prefer.',
    makes: 'reward',
    inputs: ['from'],
    settings: REWARD_SETTINGS,
    share: 0.2,
  },
  ppo: {
    label: 'PPO',
    help: 'Trains the policy to write what the reward model scores high, while staying near the reference.',
    makes: 'policy',
    inputs: ['policy', 'reference?', 'reward'],
    settings: PPO_SETTINGS,
    share: 0.6,
  },
  reinforce: {
    label: 'REINFORCE, RLOO, GRPO',
    help: 'Policy gradients without a critic: outputs are compared with others of the same prompt, or with a baseline.',
    makes: 'policy',
    inputs: ['policy', 'reference?', 'reward'],
    settings: REINFORCE_SETTINGS,
    share: 0.6,
  },
  dpo: {
    label: 'DPO',
    help: 'Trains the policy on the judgements themselves, without a reward model.',
    makes: 'policy',
    inputs: ['policy', 'reference?'],
    settings: DPO_SETTINGS,
    share: 0.3,
  },
  kto: {
    label: 'KTO',
    help: 'Trains the policy on thumbs up and down, without pairs and without a reward model.',
    makes: 'policy',
    inputs: ['policy', 'reference?'],
    settings: KTO_SETTINGS,
    share: 0.3,
  },
  rso: {
    label: 'RSO',
    help: 'Draws candidates, accepts them as the best policy would have drawn them, and learns from pairs of them.',
    makes: 'policy',
    inputs: ['policy', 'sampler?', 'reward'],
    settings: RSO_SETTINGS,
    share: 0.5,
  },
  raft: {
    label: 'RAFT',
    help: 'Draws candidates, keeps those that the reward model scores best and learns to write them; again and again.',
    makes: 'policy',
    inputs: ['policy', 'reward'],
    settings: RAFT_SETTINGS,
    share: 0.5,
  },
  rest: {
    label: 'ReST',
    help: 'Draws a data set, learns what lies above rising thresholds, and draws again from what it has become.',
    makes: 'policy',
    inputs: ['policy', 'reward'],
    settings: REST_SETTINGS,
    share: 0.5,
  },
  'best-of-n': {
    label: 'Best of n',
    help: 'Takes the best of n drawn outputs: to learn from, or to give to people as they are.',
    makes: 'policy',
    inputs: ['policy', 'reward'],
    settings: BEST_OF_N_SETTINGS,
    share: 0.4,
  },
  online: {
    label: 'Online, from scores',
    help: "People's scores of fresh outputs are the reward; no reward model.",
    makes: 'policy',
    inputs: ['policy', 'reference?'],
    settings: ONLINE_SETTINGS,
    share: 0.3,
  },
};
