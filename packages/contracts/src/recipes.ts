import { z } from 'zod';

/**
 * Settings of a round. Each is described once, here: the schema takes its limits and default from the description,
 * and the web form draws its field from the same entry.
 */
export type SettingGroup = 'usual' | 'more' | 'all';

interface SettingText {
  readonly label: string;
  /** One line, shown under the field. */
  readonly help: string;
  readonly group: SettingGroup;
  /** What papers and libraries use, as text beside the field. */
  readonly literature: string;
}

export interface NumberSetting extends SettingText {
  readonly kind: 'number' | 'integer';
  readonly min: number;
  readonly max: number;
  readonly default: number;
}

export interface ChoiceSetting<Value extends string = string> extends SettingText {
  readonly kind: 'choice';
  readonly choices: readonly [Value, ...Value[]];
  readonly default: Value;
}

export interface SwitchSetting extends SettingText {
  readonly kind: 'switch';
  readonly default: boolean;
}

export type Setting = NumberSetting | ChoiceSetting | SwitchSetting;

function numberOf(setting: NumberSetting) {
  const number = z.number().min(setting.min).max(setting.max);
  return (setting.kind === 'integer' ? number.int() : number).default(setting.default);
}
function choiceOf<Value extends string>(setting: ChoiceSetting<Value>) {
  return z.enum(setting.choices).default(() => setting.default);
}
function switchOf(setting: SwitchSetting) {
  return z.boolean().default(setting.default);
}

export const REWARD_SETTINGS = {
  learningRate: {
    kind: 'number',
    label: 'Learning rate',
    help: 'Highest step size; it falls as a cosine to a tenth.',
    group: 'usual',
    literature: 'InstructGPT 9e-6 (6B), TRL 1e-4; small models need more',
    min: 1e-7,
    max: 0.1,
    default: 3e-4,
  },
  epochs: {
    kind: 'integer',
    label: 'Passes over the judgements',
    help: 'More than one pass tends to over-fit.',
    group: 'usual',
    literature: 'InstructGPT, Stiennon 1; Open-Assistant 2',
    min: 1,
    max: 20,
    default: 1,
  },
  batchPrompts: {
    kind: 'integer',
    label: 'Prompts per step',
    help: 'All outputs of a prompt and all judgements of them stay together.',
    group: 'usual',
    literature: 'InstructGPT 64',
    min: 1,
    max: 512,
    default: 16,
  },
  heldOutFraction: {
    kind: 'number',
    label: 'Share of prompts held out',
    help: 'Accuracy is measured on these; they never train.',
    group: 'usual',
    literature: '5 to 20 %',
    min: 0.02,
    max: 0.5,
    default: 0.15,
  },
  ties: {
    kind: 'choice',
    label: 'Ties',
    help: 'Drop tied pairs, or pull their scores together.',
    group: 'more',
    literature: 'InstructGPT drops them; Christiano uses one half',
    choices: ['drop', 'half'],
    default: 'drop',
  },
  marginScale: {
    kind: 'number',
    label: 'Margin per point of strength',
    help: 'A comparison called stronger must be won by more; 0 switches it off.',
    group: 'more',
    literature: 'Llama 2 up to 1 or 3; Llama 3 none',
    min: 0,
    max: 3,
    default: 0,
  },
  centering: {
    kind: 'number',
    label: 'Centering',
    help: 'Keeps scores near zero; 0 switches it off.',
    group: 'more',
    literature: '0 or 0.01 (Eisenstein et al.)',
    min: 0,
    max: 1,
    default: 0,
  },
  maxPersonShare: {
    kind: 'number',
    label: "Largest share of one person's judgements",
    help: 'Judgements of somebody above it weigh less.',
    group: 'more',
    literature: 'not stated',
    min: 0.05,
    max: 1,
    default: 0.5,
  },
  warmupFraction: {
    kind: 'number',
    label: 'Warm-up',
    help: 'Share of the steps over which the learning rate rises.',
    group: 'more',
    literature: 'OpenRLHF 3 %',
    min: 0,
    max: 0.5,
    default: 0.05,
  },
  maxGradNorm: {
    kind: 'number',
    label: 'Gradient norm limit',
    help: 'Longer gradients are cut to this length.',
    group: 'all',
    literature: '1',
    min: 0.01,
    max: 100,
    default: 1,
  },
  weightDecay: {
    kind: 'number',
    label: 'Weight decay',
    help: 'Pulls weights towards zero.',
    group: 'all',
    literature: '0',
    min: 0,
    max: 1,
    default: 0,
  },
  maxTokens: {
    kind: 'integer',
    label: 'Longest text',
    help: 'In tokens, prompt and output together; the start of a longer prompt is cut off.',
    group: 'all',
    literature: '512 to 2,048',
    min: 8,
    max: 4096,
    default: 512,
  },
  normalisationSamples: {
    kind: 'integer',
    label: 'Samples for normalisation',
    help: 'Scores are shifted and scaled so that this many samples of the base have mean 0 and deviation 1.',
    group: 'all',
    literature: 'Ziegler 256',
    min: 8,
    max: 4096,
    default: 256,
  },
} as const satisfies Record<string, Setting>;

export const RewardConfig = z.strictObject({
  learningRate: numberOf(REWARD_SETTINGS.learningRate),
  epochs: numberOf(REWARD_SETTINGS.epochs),
  batchPrompts: numberOf(REWARD_SETTINGS.batchPrompts),
  heldOutFraction: numberOf(REWARD_SETTINGS.heldOutFraction),
  ties: choiceOf(REWARD_SETTINGS.ties),
  marginScale: numberOf(REWARD_SETTINGS.marginScale),
  centering: numberOf(REWARD_SETTINGS.centering),
  maxPersonShare: numberOf(REWARD_SETTINGS.maxPersonShare),
  warmupFraction: numberOf(REWARD_SETTINGS.warmupFraction),
  maxGradNorm: numberOf(REWARD_SETTINGS.maxGradNorm),
  weightDecay: numberOf(REWARD_SETTINGS.weightDecay),
  maxTokens: numberOf(REWARD_SETTINGS.maxTokens),
  normalisationSamples: numberOf(REWARD_SETTINGS.normalisationSamples),
});
export type RewardConfig = z.infer<typeof RewardConfig>;

export const PPO_SETTINGS = {
  iterations: {
    kind: 'integer',
    label: 'Iterations',
    help: 'Each draws outputs, scores them and improves the policy.',
    group: 'usual',
    literature: 'InstructGPT 500 (256,000 episodes)',
    min: 1,
    max: 10_000,
    default: 40,
  },
  episodesPerIteration: {
    kind: 'integer',
    label: 'Outputs per iteration',
    help: 'One output per prompt drawn.',
    group: 'usual',
    literature: 'InstructGPT 512, TRL 128',
    min: 2,
    max: 4096,
    default: 64,
  },
  learningRate: {
    kind: 'number',
    label: 'Learning rate',
    help: 'Step size of the policy; constant after a short warm-up.',
    group: 'usual',
    literature: 'Ziegler 1e-5, TRL 3e-6; small models need more',
    min: 1e-8,
    max: 0.1,
    default: 1e-4,
  },
  klCoefficient: {
    kind: 'number',
    label: 'KL coefficient',
    help: 'How much one nat away from the reference costs; the reward has deviation 1.',
    group: 'usual',
    literature: 'InstructGPT 0.02, TRL 0.05, Ziegler 0.15',
    min: 0,
    max: 10,
    default: 0.05,
  },
  klControl: {
    kind: 'choice',
    label: 'KL control',
    help: 'Keep the coefficient, or steer it towards the KL target.',
    group: 'more',
    literature: 'InstructGPT fixed; Ziegler adaptive',
    choices: ['fixed', 'adaptive'],
    default: 'fixed',
  },
  klTarget: {
    kind: 'number',
    label: 'KL target',
    help: 'Nats per output that adaptive control steers to.',
    group: 'more',
    literature: 'Ziegler, TRL 6',
    min: 0.1,
    max: 200,
    default: 6,
  },
  klHorizon: {
    kind: 'number',
    label: 'KL horizon',
    help: 'Outputs over which adaptive control acts.',
    group: 'all',
    literature: 'Ziegler, TRL 10,000',
    min: 10,
    max: 10_000_000,
    default: 2_000,
  },
  innerEpochs: {
    kind: 'integer',
    label: 'Passes over each batch',
    help: 'How often the drawn outputs are used.',
    group: 'usual',
    literature: 'Ziegler, TRL 4; InstructGPT 1',
    min: 1,
    max: 16,
    default: 2,
  },
  minibatchEpisodes: {
    kind: 'integer',
    label: 'Outputs per update',
    help: 'The batch is split into updates of this many outputs.',
    group: 'more',
    literature: 'InstructGPT 64',
    min: 1,
    max: 4096,
    default: 32,
  },
  criticLearningRate: {
    kind: 'number',
    label: 'Learning rate of the critic',
    help: 'The critic foresees the reward; it may learn faster than the policy.',
    group: 'more',
    literature: 'InstructGPT, OpenRLHF 9e-6',
    min: 1e-8,
    max: 0.1,
    default: 3e-4,
  },
  temperature: {
    kind: 'number',
    label: 'Temperature',
    help: 'Of the outputs drawn for training; log-probabilities are taken at the same temperature.',
    group: 'more',
    literature: 'InstructGPT 1, TRL 0.7',
    min: 0.1,
    max: 2,
    default: 1,
  },
  maxNewTokens: {
    kind: 'integer',
    label: 'Longest output',
    help: 'In tokens.',
    group: 'usual',
    literature: 'TRL 53, HH 128',
    min: 1,
    max: 2048,
    default: 48,
  },
  missingEndPenalty: {
    kind: 'number',
    label: 'Penalty for not ending',
    help: 'Taken from the score of an output that was cut off at its longest.',
    group: 'more',
    literature: 'TRL 1',
    min: 0,
    max: 20,
    default: 1,
  },
  whitenAdvantages: {
    kind: 'switch',
    label: 'Whiten advantages',
    help: 'Scale them to mean 0 and deviation 1 over the batch.',
    group: 'all',
    literature: 'on',
    default: true,
  },
  gamma: {
    kind: 'number',
    label: 'Discount (gamma)',
    help: 'Weight of later tokens.',
    group: 'all',
    literature: '1',
    min: 0,
    max: 1,
    default: 1,
  },
  lambda: {
    kind: 'number',
    label: 'GAE lambda',
    help: 'Between trusting the critic (0) and the whole output (1).',
    group: 'all',
    literature: 'Ziegler, TRL 0.95; OpenRLHF 1',
    min: 0,
    max: 1,
    default: 0.95,
  },
  clipRange: {
    kind: 'number',
    label: 'Policy clip range',
    help: 'How far one update may move the probability of a token.',
    group: 'more',
    literature: '0.2',
    min: 0.01,
    max: 1,
    default: 0.2,
  },
  valueClipRange: {
    kind: 'number',
    label: 'Value clip range',
    help: 'How far one update may move a value.',
    group: 'all',
    literature: 'TRL 0.2, OpenRLHF 0.5',
    min: 0.01,
    max: 100,
    default: 0.2,
  },
  maxGradNorm: {
    kind: 'number',
    label: 'Gradient norm limit',
    help: 'Longer gradients are cut to this length.',
    group: 'all',
    literature: '1',
    min: 0.01,
    max: 100,
    default: 1,
  },
  warmupIterations: {
    kind: 'integer',
    label: 'Warm-up iterations',
    help: 'Iterations over which the learning rate rises from a tenth.',
    group: 'all',
    literature: 'InstructGPT 10',
    min: 0,
    max: 1000,
    default: 2,
  },
  maxRatio: {
    kind: 'number',
    label: 'Largest mean ratio',
    help: 'An update whose mean probability ratio is above this is skipped.',
    group: 'all',
    literature: 'TRL 10',
    min: 1.1,
    max: 1000,
    default: 10,
  },
  stopUpdateKl: {
    kind: 'number',
    label: 'KL that ends the passes over a batch',
    help: 'When the policy has moved this far from the one that drew the batch, a new batch is drawn.',
    group: 'all',
    literature: 'Schulman 0.015 to 0.1',
    min: 0.001,
    max: 10,
    default: 0.1,
  },
  divergenceKl: {
    kind: 'number',
    label: 'KL that ends the round',
    help: 'Nats per output; above it the round ends as diverged and the old policy stays.',
    group: 'more',
    literature: 'not stated',
    min: 1,
    max: 1000,
    default: 60,
  },
  sampleEvery: {
    kind: 'integer',
    label: 'Iterations between live outputs',
    help: 'Outputs on fixed prompts that the round page shows while training.',
    group: 'all',
    literature: 'not stated',
    min: 1,
    max: 1000,
    default: 5,
  },
  samplePrompts: {
    kind: 'integer',
    label: 'Prompts with live outputs',
    help: 'How many fixed prompts the round page follows.',
    group: 'all',
    literature: 'not stated',
    min: 0,
    max: 64,
    default: 6,
  },
} as const satisfies Record<string, Setting>;

export const PpoConfig = z.strictObject({
  iterations: numberOf(PPO_SETTINGS.iterations),
  episodesPerIteration: numberOf(PPO_SETTINGS.episodesPerIteration),
  learningRate: numberOf(PPO_SETTINGS.learningRate),
  klCoefficient: numberOf(PPO_SETTINGS.klCoefficient),
  klControl: choiceOf(PPO_SETTINGS.klControl),
  klTarget: numberOf(PPO_SETTINGS.klTarget),
  klHorizon: numberOf(PPO_SETTINGS.klHorizon),
  innerEpochs: numberOf(PPO_SETTINGS.innerEpochs),
  minibatchEpisodes: numberOf(PPO_SETTINGS.minibatchEpisodes),
  criticLearningRate: numberOf(PPO_SETTINGS.criticLearningRate),
  temperature: numberOf(PPO_SETTINGS.temperature),
  maxNewTokens: numberOf(PPO_SETTINGS.maxNewTokens),
  missingEndPenalty: numberOf(PPO_SETTINGS.missingEndPenalty),
  whitenAdvantages: switchOf(PPO_SETTINGS.whitenAdvantages),
  gamma: numberOf(PPO_SETTINGS.gamma),
  lambda: numberOf(PPO_SETTINGS.lambda),
  clipRange: numberOf(PPO_SETTINGS.clipRange),
  valueClipRange: numberOf(PPO_SETTINGS.valueClipRange),
  maxGradNorm: numberOf(PPO_SETTINGS.maxGradNorm),
  warmupIterations: numberOf(PPO_SETTINGS.warmupIterations),
  maxRatio: numberOf(PPO_SETTINGS.maxRatio),
  stopUpdateKl: numberOf(PPO_SETTINGS.stopUpdateKl),
  divergenceKl: numberOf(PPO_SETTINGS.divergenceKl),
  sampleEvery: numberOf(PPO_SETTINGS.sampleEvery),
  samplePrompts: numberOf(PPO_SETTINGS.samplePrompts),
});
export type PpoConfig = z.infer<typeof PpoConfig>;

export const SAMPLING_SETTINGS = {
  maxNewTokens: {
    kind: 'integer',
    label: 'Longest output',
    help: 'In tokens.',
    group: 'usual',
    literature: 'TRL 53, HH 128',
    min: 1,
    max: 2048,
    default: 48,
  },
  temperature: {
    kind: 'number',
    label: 'Temperature',
    help: 'Higher gives more varied outputs.',
    group: 'usual',
    literature: '0.7 to 1',
    min: 0.05,
    max: 2,
    default: 0.9,
  },
  topK: {
    kind: 'integer',
    label: 'Top k',
    help: 'Draw only from this many most likely tokens; 0 means all.',
    group: 'all',
    literature: 'RSO 40',
    min: 0,
    max: 100_000,
    default: 0,
  },
  topP: {
    kind: 'number',
    label: 'Top p',
    help: 'Draw only from the most likely tokens that together have this probability; 1 means all.',
    group: 'all',
    literature: '0.9 to 1',
    min: 0.05,
    max: 1,
    default: 1,
  },
} as const satisfies Record<string, Setting>;

export const SamplingConfig = z.strictObject({
  maxNewTokens: numberOf(SAMPLING_SETTINGS.maxNewTokens),
  temperature: numberOf(SAMPLING_SETTINGS.temperature),
  topK: numberOf(SAMPLING_SETTINGS.topK),
  topP: numberOf(SAMPLING_SETTINGS.topP),
});
export type SamplingConfig = z.infer<typeof SamplingConfig>;

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
      reward: { learningRate: 5e-4, batchPrompts: 16 },
      ppo: { learningRate: 3e-4, criticLearningRate: 5e-4, iterations: 40, maxNewTokens: 40 },
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
        sampleEvery: 1,
        samplePrompts: 2,
      },
      sampling: { maxNewTokens: 16 },
    }),
  },
};
