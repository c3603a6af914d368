import { z } from 'zod';
import {
  CANDIDATES,
  MEASURE_PROMPTS,
  MISSING_END_PENALTY,
  PROMPTS,
  SFT_BATCH_SIZE,
  SFT_DETAILS,
  SFT_EPOCHS,
  SFT_LEARNING_RATE,
  TEMPERATURE,
  TOP_K,
  TOP_P,
} from './candidate-settings.ts';
import { MAX_NEW_TOKENS } from './common-settings.ts';
import { numberOf, switchOf, type Setting } from './settings.ts';

export const BEST_OF_N_SETTINGS = {
  n: {
    ...CANDIDATES,
    label: 'n',
    help: 'Outputs drawn for each prompt, of which the best is taken.',
    literature: 'WebGPT 4, 16 and 64; HH 16; TRL 4',
    max: 256,
  },
  serve: {
    kind: 'switch',
    label: 'Serve instead of train',
    help: 'The policy stays as it is; new tasks get the best of n draws.',
    group: 'usual',
    literature: 'WebGPT and HH serve; Llama 2 trains',
    default: false,
  },
  prompts: { ...PROMPTS, literature: 'not stated' },
  learningRate: { ...SFT_LEARNING_RATE, literature: 'Llama 2 2e-5 in its SFT; small models need more' },
  epochs: { ...SFT_EPOCHS, literature: 'Llama 2 2 in its SFT' },
  batchSize: { ...SFT_BATCH_SIZE, literature: 'Llama 2 64 in its SFT' },
  maxNewTokens: { ...MAX_NEW_TOKENS, literature: 'not stated' },
  temperature: { ...TEMPERATURE, literature: 'Llama 2 1.2 to 1.3; 1' },
  topK: { ...TOP_K, literature: '0' },
  topP: { ...TOP_P, literature: '1' },
  missingEndPenalty: MISSING_END_PENALTY,
  ...SFT_DETAILS,
  measurePrompts: MEASURE_PROMPTS,
} as const satisfies Record<string, Setting>;

export const BestOfNConfig = z.strictObject({
  n: numberOf(BEST_OF_N_SETTINGS.n),
  serve: switchOf(BEST_OF_N_SETTINGS.serve),
  prompts: numberOf(BEST_OF_N_SETTINGS.prompts),
  learningRate: numberOf(BEST_OF_N_SETTINGS.learningRate),
  epochs: numberOf(BEST_OF_N_SETTINGS.epochs),
  batchSize: numberOf(BEST_OF_N_SETTINGS.batchSize),
  maxNewTokens: numberOf(BEST_OF_N_SETTINGS.maxNewTokens),
  temperature: numberOf(BEST_OF_N_SETTINGS.temperature),
  topK: numberOf(BEST_OF_N_SETTINGS.topK),
  topP: numberOf(BEST_OF_N_SETTINGS.topP),
  missingEndPenalty: numberOf(BEST_OF_N_SETTINGS.missingEndPenalty),
  warmupFraction: numberOf(BEST_OF_N_SETTINGS.warmupFraction),
  maxGradNorm: numberOf(BEST_OF_N_SETTINGS.maxGradNorm),
  weightDecay: numberOf(BEST_OF_N_SETTINGS.weightDecay),
  maxTokens: numberOf(BEST_OF_N_SETTINGS.maxTokens),
  measurePrompts: numberOf(BEST_OF_N_SETTINGS.measurePrompts),
});
export type BestOfNConfig = z.infer<typeof BestOfNConfig>;
