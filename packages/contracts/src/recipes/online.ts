import { z } from 'zod';
import { MAX_GRAD_NORM, WARMUP_FRACTION } from './common-settings.ts';
import { PPO_SETTINGS } from './ppo.ts';
import { choiceOf, numberOf, type Setting } from './settings.ts';

export const ONLINE_SETTINGS = {
  learningRate: {
    ...PPO_SETTINGS.learningRate,
    help: 'Highest step size; it falls as a cosine to a tenth.',
    literature: 'small models need more than large ones',
  },
  epochs: {
    kind: 'integer',
    label: 'Passes over the samples',
    help: 'Clipping ends what a sample can still teach.',
    group: 'usual',
    literature: 'PPO 1 to 4',
    min: 1,
    max: 64,
    default: 4,
  },
  batchSamples: {
    kind: 'integer',
    label: 'Samples per step',
    help: 'Scored outputs that are learned from together.',
    group: 'usual',
    literature: 'not stated',
    min: 1,
    max: 4096,
    default: 32,
  },
  klCoefficient: {
    ...PPO_SETTINGS.klCoefficient,
    help: 'How much one nat away from the reference costs; scores lie between -1 and 1.',
    literature: 'not stated; PPO 0.02 to 0.15',
  },
  baseline: {
    kind: 'choice',
    label: 'Baseline',
    help: 'prompt: the other samples of the prompt, all samples where there is none. global: all samples.',
    group: 'more',
    literature: 'Ahmadian et al. prompt',
    choices: ['prompt', 'global'],
    default: 'prompt',
  },
  staleMeasure: {
    kind: 'choice',
    label: 'Staleness of',
    help: 'token: how far the policy is from the one that drew the sample, on average over tokens. sequence: over the whole output.',
    group: 'more',
    literature: 'not stated',
    choices: ['token', 'sequence'],
    default: 'token',
  },
  staleRatio: {
    kind: 'number',
    label: 'Largest ratio of a sample',
    help: 'Samples that the policy finds more than this factor more or less likely than the one that drew them are not learned from.',
    group: 'more',
    literature: 'not stated',
    min: 1.01,
    max: 1000,
    default: 1.5,
  },
  temperature: {
    ...PPO_SETTINGS.temperature,
    help: 'That the samples were drawn at; log-probabilities are taken at the same temperature.',
    literature: 'the default of sampling',
    default: 0.9,
  },
  clipRange: {
    ...PPO_SETTINGS.clipRange,
    help: 'How far the probability of a token may move from that of the policy that drew it.',
  },
  stopUpdateKl: {
    ...PPO_SETTINGS.stopUpdateKl,
    label: 'KL that ends the passes',
    help: 'When a pass found the policy this far from the ones that drew the samples, it is the last; ½ mean squared log ratio.',
    group: 'more',
  },
  warmupFraction: { ...WARMUP_FRACTION, literature: 'not stated' },
  maxGradNorm: { ...MAX_GRAD_NORM, literature: '1' },
} as const satisfies Record<string, Setting>;

export const OnlineConfig = z.strictObject({
  learningRate: numberOf(ONLINE_SETTINGS.learningRate),
  epochs: numberOf(ONLINE_SETTINGS.epochs),
  batchSamples: numberOf(ONLINE_SETTINGS.batchSamples),
  klCoefficient: numberOf(ONLINE_SETTINGS.klCoefficient),
  baseline: choiceOf(ONLINE_SETTINGS.baseline),
  staleMeasure: choiceOf(ONLINE_SETTINGS.staleMeasure),
  staleRatio: numberOf(ONLINE_SETTINGS.staleRatio),
  temperature: numberOf(ONLINE_SETTINGS.temperature),
  clipRange: numberOf(ONLINE_SETTINGS.clipRange),
  stopUpdateKl: numberOf(ONLINE_SETTINGS.stopUpdateKl),
  warmupFraction: numberOf(ONLINE_SETTINGS.warmupFraction),
  maxGradNorm: numberOf(ONLINE_SETTINGS.maxGradNorm),
});
export type OnlineConfig = z.infer<typeof OnlineConfig>;
