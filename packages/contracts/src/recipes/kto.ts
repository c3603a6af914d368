import { z } from 'zod';
import { MAX_GRAD_NORM, MAX_TOKENS, WARMUP_FRACTION, WEIGHT_DECAY } from './common-settings.ts';
import { choiceOf, numberOf, switchOf, type Setting } from './settings.ts';

const SIDE_WEIGHT = {
  kind: 'number',
  group: 'more',
  literature: 'TRL 1',
  min: 0,
  max: 100,
  default: 1,
} as const;

export const KTO_SETTINGS = {
  learningRate: {
    kind: 'number',
    label: 'Learning rate',
    help: 'Highest step size; it falls as a cosine to a tenth.',
    group: 'usual',
    literature: 'TRL 1e-6, Ethayarajh et al. 5e-6; small models need more',
    min: 1e-8,
    max: 0.1,
    default: 1e-4,
  },
  beta: {
    kind: 'number',
    label: 'Hold on the reference',
    help: 'A larger value keeps the policy nearer to where it began.',
    group: 'usual',
    literature: 'Ethayarajh et al. 0.1',
    min: 0.001,
    max: 10,
    default: 0.1,
  },
  epochs: {
    kind: 'integer',
    label: 'Passes over the outputs',
    help: 'More passes move further and tend to over-fit.',
    group: 'usual',
    literature: '1',
    min: 1,
    max: 20,
    default: 1,
  },
  batchSize: {
    kind: 'integer',
    label: 'Outputs per step',
    help: 'At least 2: the outputs of a step are compared with a baseline that is measured on them.',
    group: 'usual',
    literature: 'Ethayarajh et al. 32, at least 8',
    min: 2,
    max: 512,
    default: 32,
  },
  loss: {
    kind: 'choice',
    label: 'Loss',
    help: 'kto measures a baseline in each step; apo-zero has none.',
    group: 'more',
    literature: 'Ethayarajh et al. kto; TRL both',
    choices: ['kto', 'apo-zero'],
    default: 'kto',
  },
  balance: {
    kind: 'switch',
    label: 'Balance thumbs up and down',
    help: 'The rarer of the two weighs more, so that both count the same in all.',
    group: 'more',
    literature: 'Ethayarajh et al. both sides alike, up to 4/3 for the good',
    default: true,
  },
  desirableWeight: {
    ...SIDE_WEIGHT,
    label: 'Weight of thumbs up',
    help: 'How much a good output counts, beside the balance.',
  },
  undesirableWeight: {
    ...SIDE_WEIGHT,
    label: 'Weight of thumbs down',
    help: 'How much a bad output counts, beside the balance.',
  },
  warmupFraction: { ...WARMUP_FRACTION, literature: '10 %' },
  maxGradNorm: { ...MAX_GRAD_NORM, literature: '1' },
  weightDecay: { ...WEIGHT_DECAY, literature: '0' },
  maxTokens: { ...MAX_TOKENS, literature: '1,024' },
} as const satisfies Record<string, Setting>;

export const KtoConfig = z
  .strictObject({
    learningRate: numberOf(KTO_SETTINGS.learningRate),
    beta: numberOf(KTO_SETTINGS.beta),
    epochs: numberOf(KTO_SETTINGS.epochs),
    batchSize: numberOf(KTO_SETTINGS.batchSize),
    loss: choiceOf(KTO_SETTINGS.loss),
    balance: switchOf(KTO_SETTINGS.balance),
    desirableWeight: numberOf(KTO_SETTINGS.desirableWeight),
    undesirableWeight: numberOf(KTO_SETTINGS.undesirableWeight),
    warmupFraction: numberOf(KTO_SETTINGS.warmupFraction),
    maxGradNorm: numberOf(KTO_SETTINGS.maxGradNorm),
    weightDecay: numberOf(KTO_SETTINGS.weightDecay),
    maxTokens: numberOf(KTO_SETTINGS.maxTokens),
  })
  .refine(({ desirableWeight, undesirableWeight }) => desirableWeight > 0 || undesirableWeight > 0, {
    path: ['desirableWeight'],
    message: 'Both weights are 0, so nothing would be learned: raise one of them.',
  });
export type KtoConfig = z.infer<typeof KtoConfig>;
