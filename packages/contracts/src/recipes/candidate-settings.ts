import { MAX_GRAD_NORM, MAX_TOKENS, WARMUP_FRACTION, WEIGHT_DECAY } from './common-settings.ts';
import type { NumberSetting, Setting } from './settings.ts';

// Settings that the recipes share which draw candidates, choose among them by their reward and learn from the chosen.

type Common = Omit<NumberSetting, 'literature'>;

export const PROMPTS = {
  kind: 'integer',
  label: 'Prompts',
  help: 'Candidates are drawn for at most this many prompts.',
  group: 'usual',
  min: 1,
  max: 100_000,
  default: 256,
} as const satisfies Common;

export const CANDIDATES = {
  kind: 'integer',
  label: 'Candidates per prompt',
  help: 'Outputs drawn for each prompt.',
  group: 'usual',
  min: 1,
  max: 1024,
  default: 16,
} as const satisfies Common;

export const TEMPERATURE = {
  kind: 'number',
  label: 'Temperature',
  help: 'Of the candidates; higher gives more varied ones.',
  group: 'more',
  min: 0.05,
  max: 2,
  default: 1,
} as const satisfies Common;

export const TOP_K = {
  kind: 'integer',
  label: 'Top k',
  help: 'Candidates are drawn only from this many most likely tokens; 0 means all.',
  group: 'all',
  min: 0,
  max: 100_000,
  default: 0,
} as const satisfies Common;

export const TOP_P = {
  kind: 'number',
  label: 'Top p',
  help: 'Candidates are drawn only from the most likely tokens that together have this probability; 1 means all.',
  group: 'all',
  min: 0.05,
  max: 1,
  default: 1,
} as const satisfies Common;

export const MISSING_END_PENALTY = {
  kind: 'number',
  label: 'Penalty for not ending',
  help: 'Taken from the score of a candidate that was cut off at its longest.',
  group: 'more',
  literature: 'TRL 1',
  min: 0,
  max: 20,
  default: 1,
} as const satisfies NumberSetting;

export const MEASURE_PROMPTS = {
  kind: 'integer',
  label: 'Prompts to measure on',
  help: 'The reward before and after is measured on this many held-out prompts.',
  group: 'all',
  literature: 'not stated',
  min: 1,
  max: 10_000,
  default: 64,
} as const satisfies NumberSetting;

export const SFT_LEARNING_RATE = {
  kind: 'number',
  label: 'Learning rate',
  help: 'Highest step size; it falls as a cosine to a tenth.',
  group: 'usual',
  min: 1e-8,
  max: 0.1,
  default: 3e-4,
} as const satisfies Common;

export const SFT_EPOCHS = {
  kind: 'integer',
  label: 'Passes over the chosen outputs',
  help: 'More passes copy them more closely.',
  group: 'usual',
  min: 1,
  max: 20,
  default: 1,
} as const satisfies Common;

export const SFT_BATCH_SIZE = {
  kind: 'integer',
  label: 'Outputs per step',
  help: 'Chosen outputs that are learned from together.',
  group: 'usual',
  min: 1,
  max: 512,
  default: 16,
} as const satisfies Common;

/** How the chosen outputs are learned, at the end of each recipe's settings. */
export const SFT_DETAILS = {
  warmupFraction: { ...WARMUP_FRACTION, literature: '3 to 10 %' },
  maxGradNorm: { ...MAX_GRAD_NORM, literature: '1' },
  weightDecay: { ...WEIGHT_DECAY, literature: '0 to 0.1' },
  maxTokens: { ...MAX_TOKENS, literature: '512 to 2,048' },
} as const satisfies Record<string, Setting>;
