import { z } from 'zod';
import { PPO_SETTINGS, PpoConfig } from './recipes/ppo.ts';
import { REWARD_SETTINGS, RewardConfig } from './recipes/reward.ts';
import { SAMPLING_SETTINGS, SamplingConfig } from './recipes/sampling.ts';
import { numberOf, type Setting } from './recipes/settings.ts';

export { DPO_SETTINGS, DpoConfig } from './recipes/dpo.ts';
export { BEST_OF_N_SETTINGS, BestOfNConfig } from './recipes/best-of-n.ts';
export { RAFT_SETTINGS, RaftConfig } from './recipes/raft.ts';
export { REST_SETTINGS, RestConfig } from './recipes/rest.ts';
export { RSO_SETTINGS, RsoConfig } from './recipes/rso.ts';
export { PPO_SETTINGS, PpoConfig } from './recipes/ppo.ts';
export { REWARD_SETTINGS, RewardConfig } from './recipes/reward.ts';
export { SAMPLING_SETTINGS, SamplingConfig } from './recipes/sampling.ts';
export type {
  ChoiceSetting,
  NumberSetting,
  Setting,
  SettingGroup,
  SwitchSetting,
} from './recipes/settings.ts';

export const ROUND_SETTINGS = {
  outputsPerTask: {
    kind: 'integer',
    label: 'Outputs per new task',
    help: 'How many outputs of the new policy people see side by side.',
    group: 'usual',
    literature: 'InstructGPT 4 to 9',
    min: 2,
    max: 16,
    default: 4,
  },
  newTasks: {
    kind: 'integer',
    label: 'New tasks',
    help: 'How many prompts get new outputs and go to the labelers.',
    group: 'usual',
    literature: 'not stated',
    min: 0,
    max: 100_000,
    default: 100,
  },
  comparePrompts: {
    kind: 'integer',
    label: 'Prompts to compare on',
    help: 'Base and new policy are compared on this many prompts that did not train.',
    group: 'more',
    literature: 'RSO 500',
    min: 0,
    max: 10_000,
    default: 100,
  },
  seed: {
    kind: 'integer',
    label: 'Seed',
    help: 'The same seed, data and settings give the same round.',
    group: 'all',
    literature: 'not stated',
    min: 0,
    max: 2_147_483_647,
    default: 1,
  },
} as const satisfies Record<string, Setting>;

/** One recipe so far: a reward model from the judgements, then PPO against it. */
export const RecipeName = z.enum(['ppo']);
export type RecipeName = z.infer<typeof RecipeName>;

export const RECIPES: Record<RecipeName, { label: string; help: string }> = {
  ppo: {
    label: 'Reward model, then PPO',
    help: 'Learns what people prefer, then trains the policy to write it while staying near where it began.',
  },
};

export const RoundConfig = z.strictObject({
  recipe: RecipeName.default('ppo'),
  outputsPerTask: numberOf(ROUND_SETTINGS.outputsPerTask),
  newTasks: numberOf(ROUND_SETTINGS.newTasks),
  comparePrompts: numberOf(ROUND_SETTINGS.comparePrompts),
  seed: numberOf(ROUND_SETTINGS.seed),
  reward: RewardConfig.prefault({}),
  ppo: PpoConfig.prefault({}),
  sampling: SamplingConfig.prefault({}),
});
export type RoundConfig = z.infer<typeof RoundConfig>;
export type RoundConfigInput = z.input<typeof RoundConfig>;

/** Every setting of a round in the order of the form; the key is the path's first part, empty for the round's own. */
export const ROUND_SETTING_SECTIONS = {
  round: ROUND_SETTINGS,
  reward: REWARD_SETTINGS,
  ppo: PPO_SETTINGS,
  sampling: SAMPLING_SETTINGS,
} as const satisfies Record<string, Record<string, Setting>>;

export const RoundPreset = z.enum(['standard', 'demo', 'tiny']);
export type RoundPreset = z.infer<typeof RoundPreset>;

/** Complete configurations to start from. */
export const ROUND_PRESETS: Record<RoundPreset, { label: string; help: string; config: RoundConfig }> = {
  standard: { label: 'Standard', help: 'The defaults.', config: RoundConfig.parse({}) },
  demo: {
    label: 'Demo',
    help: 'For the small model of the demo project: a few minutes on a laptop.',
    config: RoundConfig.parse({
      reward: { learningRate: 5e-4, batchPrompts: 16, epochs: 3 },
      ppo: {
        learningRate: 3e-4,
        criticLearningRate: 5e-4,
        klCoefficient: 0.3,
        iterations: 50,
        maxNewTokens: 40,
      },
      sampling: { maxNewTokens: 40 },
    }),
  },
  tiny: {
    label: 'Tiny',
    help: 'A few steps that end in seconds, to see that everything works.',
    config: RoundConfig.parse({
      newTasks: 8,
      comparePrompts: 8,
      reward: { batchPrompts: 8, normalisationSamples: 16 },
      ppo: {
        iterations: 3,
        episodesPerIteration: 16,
        minibatchEpisodes: 8,
        maxNewTokens: 16,
        // Of its few held-out prompts nothing follows; the policy is to move all the same.
        weighByConfidence: false,
        sampleEvery: 1,
        samplePrompts: 2,
      },
      sampling: { maxNewTokens: 16 },
    }),
  },
};
