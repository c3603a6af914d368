import { z } from 'zod';
import { MAX_GRAD_NORM, MAX_TOKENS, WARMUP_FRACTION, WEIGHT_DECAY } from './common-settings.ts';
import { dpoLossTraits, type DpoLossChoice } from './dpo-losses.ts';
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
    help: 'How a pair is judged: by its lead, by each output itself (nca, bco, sppo, apo), or beside other pairs (aot).',
    group: 'more',
    literature: 'sigmoid; RSO hinge; Azar et al. ipo; TRL has them all',
    choices: [
      'sigmoid',
      'cdpo',
      'robust',
      'hinge',
      'ipo',
      'exo-pair',
      'discopop',
      'nca-pair',
      'bco-pair',
      'sppo-hard',
      'apo-zero',
      'apo-down',
      'aot',
      'aot-unpaired',
      'sft',
    ],
    default: 'sigmoid',
  },
  labelSmoothing: {
    kind: 'number',
    label: 'Share of wrong preferences',
    help: 'For cdpo, robust, exo-pair and aot: how many preferences may be the wrong way round.',
    group: 'more',
    literature: '0 to 0.1; exo-pair 0.001',
    min: 0,
    max: 0.49,
    default: 0,
  },
  sftWeight: {
    kind: 'number',
    label: 'Preferred outputs as examples',
    help: 'Adds so many times the loss of supervised training on them, so that they stay likely.',
    group: 'more',
    literature: 'Pang et al. 1; MPO 1.25',
    min: 0,
    max: 100,
    default: 0,
  },
  bcoWeight: {
    kind: 'number',
    label: 'Quality of each output',
    help: 'Adds so many times the loss bco-pair, which judges each output by itself.',
    group: 'all',
    literature: 'MPO 0.25',
    min: 0,
    max: 100,
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
  tailWeight: {
    kind: 'number',
    label: 'Weight of tokens beyond the shorter output',
    help: 'What a token of the longer output counts from there on; below 1 length matters less.',
    group: 'more',
    literature: '1; Liu et al. (LD-DPO) below 1',
    min: 0,
    max: 1,
    default: 1,
  },
  divergence: {
    kind: 'choice',
    label: 'Distance from the reference',
    help: 'What beta holds: reverse-kl keeps to what the reference writes, forward-kl keeps all that it writes.',
    group: 'all',
    literature: 'reverse-kl; Wang et al. all three',
    choices: ['reverse-kl', 'forward-kl', 'js-divergence'],
    default: 'reverse-kl',
  },
  warmupFraction: { ...WARMUP_FRACTION, literature: 'Rafailov et al. 150 steps' },
  maxGradNorm: { ...MAX_GRAD_NORM, literature: 'TRL 1, Rafailov et al. 10' },
  weightDecay: { ...WEIGHT_DECAY, literature: '0' },
  maxTokens: { ...MAX_TOKENS, literature: '512 to 1,024' },
} as const satisfies Record<string, Setting>;

const lossesWith = (knows: (loss: DpoLossChoice) => boolean) =>
  inWords(DPO_SETTINGS.loss.choices.filter(knows));
const KNOW_WRONG_SHARES = lossesWith(
  (loss) => loss !== 'sigmoid' && dpoLossTraits(loss).wrongShare !== 'none',
);
const KNOW_DIVERGENCES = lossesWith((loss) => dpoLossTraits(loss).divergences === 'all');

export const DpoConfig = z
  .strictObject({
    learningRate: numberOf(DPO_SETTINGS.learningRate),
    beta: numberOf(DPO_SETTINGS.beta),
    epochs: numberOf(DPO_SETTINGS.epochs),
    batchPairs: numberOf(DPO_SETTINGS.batchPairs),
    loss: choiceOf(DPO_SETTINGS.loss),
    labelSmoothing: numberOf(DPO_SETTINGS.labelSmoothing),
    sftWeight: numberOf(DPO_SETTINGS.sftWeight),
    bcoWeight: numberOf(DPO_SETTINGS.bcoWeight),
    lengths: choiceOf(DPO_SETTINGS.lengths),
    tailWeight: numberOf(DPO_SETTINGS.tailWeight),
    divergence: choiceOf(DPO_SETTINGS.divergence),
    warmupFraction: numberOf(DPO_SETTINGS.warmupFraction),
    maxGradNorm: numberOf(DPO_SETTINGS.maxGradNorm),
    weightDecay: numberOf(DPO_SETTINGS.weightDecay),
    maxTokens: numberOf(DPO_SETTINGS.maxTokens),
  })
  // Sigmoid with a share is cdpo by another name; configs stored before cdpo had one say it so.
  .refine(({ loss, labelSmoothing }) => labelSmoothing === 0 || dpoLossTraits(loss).wrongShare !== 'none', {
    path: ['labelSmoothing'],
    message: `Only ${KNOW_WRONG_SHARES} know wrong preferences: set it to 0 or choose one of them.`,
  })
  .refine(({ loss, labelSmoothing }) => loss !== 'cdpo' || labelSmoothing > 0, {
    path: ['labelSmoothing'],
    message: 'Without wrong preferences cdpo is sigmoid: choose that, or set a share above 0.',
  })
  .refine(({ loss, labelSmoothing }) => loss !== 'exo-pair' || labelSmoothing > 0, {
    path: ['labelSmoothing'],
    message: 'exo-pair compares with preferences that are not certain: set a share above 0, such as 0.001.',
  })
  .refine(({ loss, sftWeight }) => loss !== 'sft' || sftWeight === 0, {
    path: ['sftWeight'],
    message: 'The loss is sft already: set this to 0.',
  })
  .refine(({ loss, bcoWeight }) => loss !== 'bco-pair' || bcoWeight === 0, {
    path: ['bcoWeight'],
    message: 'The loss is bco-pair already: set this to 0.',
  })
  .refine(({ loss, batchPairs }) => !dpoLossTraits(loss).needsCompany || batchPairs > 1, {
    path: ['batchPairs'],
    message: 'aot and aot-unpaired compare the pairs of a step with each other: take at least 2.',
  })
  .refine(
    ({ loss, divergence, bcoWeight }) =>
      divergence === 'reverse-kl' || (dpoLossTraits(loss).divergences === 'all' && bcoWeight === 0),
    {
      path: ['divergence'],
      message: `Only ${KNOW_DIVERGENCES} know another than reverse-kl: choose one of them, without bco-pair beside it.`,
    },
  );
export type DpoConfig = z.infer<typeof DpoConfig>;

function inWords(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}
