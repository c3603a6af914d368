import { z } from 'zod';
import { MAX_NEW_TOKENS } from './common-settings.ts';
import { numberOf, type Setting } from './settings.ts';

export const SAMPLING_SETTINGS = {
  maxNewTokens: { ...MAX_NEW_TOKENS, literature: 'TRL 53, HH 128' },
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
