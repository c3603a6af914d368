import { z } from 'zod';
import { MAX_GRAD_NORM, MAX_TOKENS, WARMUP_FRACTION, WEIGHT_DECAY } from './common-settings.ts';
import { choiceOf, numberOf, type Setting } from './settings.ts';

export const DPO_SETTINGS = {
  learningRate: {
    kind: 'number',
    label: 'Learning rate',
    help: 'Highest step size; it falls as a cosine to a tenth.',
    group: 'usual',
    literature: 'TRL 1e-6, OpenRLHF 5e-7; small models need more',
    min: 1e-8,
    max: 0.1,
    default: 1e-4,
  },
  beta: {
    kind: 'number',
    label: 'Hold on the reference',
    help: 'A larger value keeps the policy nearer to where it began.',
    group: 'usual',
    literature: 'Rafailov et al. 0.1; summaries 0.5',
    min: 0.001,
    max: 10,
    default: 0.1,
  },
  epochs: {
    kind: 'integer',
    label: 'Passes over the judgements',
    help: 'More passes move further and tend to over-fit.',
    group: 'usual',
    literature: '1 to 3',
    min: 1,
    max: 20,
    default: 1,
  },
  batchPairs: {
    kind: 'integer',
    label: 'Pairs per step',
    help: 'Each is two outputs of one prompt, of which people preferred one.',
    group: 'usual',
    literature: 'Rafailov et al. 64, OpenRLHF 128',
    min: 1,
    max: 512,
    default: 16,
  },
  loss: {
    kind: 'choice',
    label: 'Loss',
    help: 'How the lead of the preferred output is judged; cdpo and robust expect wrong preferences.',
    group: 'more',
    literature: 'sigmoid; RSO hinge; Azar et al. ipo',
    choices: ['sigmoid', 'cdpo', 'robust', 'hinge', 'ipo'],
    default: 'sigmoid',
  },
  labelSmoothing: {
    kind: 'number',
    label: 'Share of wrong preferences',
    help: 'For cdpo and robust: how many preferences may be the wrong way round.',
    group: 'more',
    literature: '0 to 0.1',
    min: 0,
    max: 0.49,
    default: 0,
  },
  lengths: {
    kind: 'choice',
    label: 'Outputs of different lengths',
    help: 'Whether an output counts by the sum or the mean over its tokens.',
    group: 'more',
    literature: 'Sums; ipo means (TRL) or sums (OpenRLHF)',
    choices: ['usual', 'sum', 'mean'],
    default: 'usual',
  },
  warmupFraction: { ...WARMUP_FRACTION, literature: 'Rafailov et al. 150 steps' },
  maxGradNorm: { ...MAX_GRAD_NORM, literature: 'TRL 1, Rafailov et al. 10' },
  weightDecay: { ...WEIGHT_DECAY, literature: '0' },
  maxTokens: { ...MAX_TOKENS, literature: '512 to 1,024' },
} as const satisfies Record<string, Setting>;

export const DpoConfig = z
  .strictObject({
    learningRate: numberOf(DPO_SETTINGS.learningRate),
    beta: numberOf(DPO_SETTINGS.beta),
    epochs: numberOf(DPO_SETTINGS.epochs),
    batchPairs: numberOf(DPO_SETTINGS.batchPairs),
    loss: choiceOf(DPO_SETTINGS.loss),
    labelSmoothing: numberOf(DPO_SETTINGS.labelSmoothing),
    lengths: choiceOf(DPO_SETTINGS.lengths),
    warmupFraction: numberOf(DPO_SETTINGS.warmupFraction),
    maxGradNorm: numberOf(DPO_SETTINGS.maxGradNorm),
    weightDecay: numberOf(DPO_SETTINGS.weightDecay),
    maxTokens: numberOf(DPO_SETTINGS.maxTokens),
  })
  // Sigmoid with a share is cdpo by another name; configs stored before cdpo had one say it so.
  .refine(({ loss, labelSmoothing }) => labelSmoothing === 0 || (loss !== 'hinge' && loss !== 'ipo'), {
    path: ['labelSmoothing'],
    message: 'Only cdpo and robust know wrong preferences: set it to 0 or choose one of them.',
  })
  .refine(({ loss, labelSmoothing }) => loss !== 'cdpo' || labelSmoothing > 0, {
    path: ['labelSmoothing'],
    message: 'Without wrong preferences cdpo is sigmoid: choose that, or set a share above 0.',
  });
export type DpoConfig = z.infer<typeof DpoConfig>;
