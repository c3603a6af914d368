import { z } from 'zod';
import { SFT_BATCH_SIZE, SFT_DETAILS, SFT_EPOCHS, SFT_LEARNING_RATE } from './candidate-settings.ts';
import { numberOf, switchOf, type Setting } from './settings.ts';

export const SFT_SETTINGS = {
  demonstrations: {
    kind: 'switch',
    label: 'Learn demonstrations',
    help: 'Ideal answers that people wrote.',
    group: 'usual',
    literature: 'InstructGPT 13,000 of them',
    default: true,
  },
  corrections: {
    kind: 'switch',
    label: 'Learn corrections',
    help: 'Outputs as people edited them; the edited text is the target.',
    group: 'usual',
    literature: 'not stated',
    default: true,
  },
  chosen: {
    kind: 'switch',
    label: 'Learn chosen outputs',
    help: 'Outputs that somebody ranked first; those tied for the first place share the weight.',
    group: 'usual',
    literature: 'Rafailov et al. as the start of DPO',
    default: false,
  },
  learningRate: {
    ...SFT_LEARNING_RATE,
    help: 'Highest step size; it falls as a cosine to 0.',
    literature: 'InstructGPT 9.65e-6 (1.3B); small models need more',
  },
  epochs: {
    ...SFT_EPOCHS,
    label: 'Passes over the texts',
    help: 'More passes copy the texts more closely.',
    literature: 'InstructGPT 16, Open-Assistant 3',
    default: 3,
  },
  batchSize: {
    ...SFT_BATCH_SIZE,
    label: 'Texts per step',
    help: 'Texts that are learned from together.',
    literature: 'InstructGPT 32',
  },
  keepBestEpoch: {
    kind: 'switch',
    label: 'Keep the best pass',
    help: 'The pass with the lowest loss on held-out prompts is kept, not the last one.',
    group: 'more',
    literature: 'InstructGPT kept later ones; their reward rose while the loss did too',
    default: true,
  },
  ...SFT_DETAILS,
} as const satisfies Record<string, Setting>;

export const SftConfig = z
  .strictObject({
    demonstrations: switchOf(SFT_SETTINGS.demonstrations),
    corrections: switchOf(SFT_SETTINGS.corrections),
    chosen: switchOf(SFT_SETTINGS.chosen),
    learningRate: numberOf(SFT_SETTINGS.learningRate),
    epochs: numberOf(SFT_SETTINGS.epochs),
    batchSize: numberOf(SFT_SETTINGS.batchSize),
    keepBestEpoch: switchOf(SFT_SETTINGS.keepBestEpoch),
    warmupFraction: numberOf(SFT_SETTINGS.warmupFraction),
    maxGradNorm: numberOf(SFT_SETTINGS.maxGradNorm),
    weightDecay: numberOf(SFT_SETTINGS.weightDecay),
    maxTokens: numberOf(SFT_SETTINGS.maxTokens),
  })
  .refine(({ demonstrations, corrections, chosen }) => demonstrations || corrections || chosen, {
    path: ['demonstrations'],
    message: 'There is nothing to learn: switch on demonstrations, corrections or chosen outputs.',
  });
export type SftConfig = z.infer<typeof SftConfig>;
