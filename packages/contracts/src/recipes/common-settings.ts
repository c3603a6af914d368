import type { NumberSetting } from './settings.ts';

// Settings that mean the same in several recipes. Each recipe says what its own literature uses, and changes what it
// needs to be different.

type Common = Omit<NumberSetting, 'literature'>;

export const WARMUP_FRACTION = {
  kind: 'number',
  label: 'Warm-up',
  help: 'Share of the steps over which the learning rate rises.',
  group: 'more',
  min: 0,
  max: 0.5,
  default: 0.05,
} as const satisfies Common;

export const MAX_GRAD_NORM = {
  kind: 'number',
  label: 'Gradient norm limit',
  help: 'Longer gradients are cut to this length.',
  group: 'all',
  min: 0.01,
  max: 100,
  default: 1,
} as const satisfies Common;

export const WEIGHT_DECAY = {
  kind: 'number',
  label: 'Weight decay',
  help: 'Pulls weights towards zero.',
  group: 'all',
  min: 0,
  max: 1,
  default: 0,
} as const satisfies Common;

export const MAX_TOKENS = {
  kind: 'integer',
  label: 'Longest text',
  help: 'In tokens, prompt and output together; the start of a longer prompt is cut off.',
  group: 'all',
  min: 8,
  max: 4096,
  default: 512,
} as const satisfies Common;

export const MAX_NEW_TOKENS = {
  kind: 'integer',
  label: 'Longest output',
  help: 'In tokens.',
  group: 'usual',
  min: 1,
  max: 2048,
  default: 48,
} as const satisfies Common;
