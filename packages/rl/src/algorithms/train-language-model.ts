// Next-token training of a causal language model on prompt-completion texts.
//
//   loss = - Σ log π(y_t | x, y_<t) / number of completion tokens
//
// over the completion and the end-of-text token after it; the prompt is context only. This is supervised fine-tuning
// when the model comes from a folder, and training from scratch when it is a random one.

import { setImmediate } from 'node:timers/promises';
import { Random } from '../engine/random.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import type { Tokenizer } from '../tokenizers/tokenizer.ts';
import {
  batchesForever,
  nextTokenLoss,
  NextTokenTraining,
  type TokenSequence,
} from './sft/next-token-training.ts';
import { cosineToZero } from './step-control.ts';
import { DivergedError } from './types.ts';

export type { TokenSequence } from './sft/next-token-training.ts';

export interface LanguageModelExample {
  readonly prompt: string;
  readonly completion: string;
}

export interface TrainLanguageModelOptions {
  /** Trained in place. */
  readonly model: CausalLm;
  readonly tokenizer: Tokenizer;
  readonly examples: readonly (LanguageModelExample | TokenSequence)[];
  readonly steps: number;
  readonly batchSize: number;
  /** Peak rate: linear warm-up, then a cosine to 0. */
  readonly learningRate: number;
  readonly warmupSteps: number;
  readonly weightDecay: number;
  readonly maxGradNorm: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly onMetrics?: (step: number, totalSteps: number, values: Record<string, number>) => void;
}

export async function trainLanguageModel(options: TrainLanguageModelOptions): Promise<void> {
  const { model, steps, signal, onMetrics } = options;
  const sequences = encodeExamples(options);
  const training = new NextTokenTraining(model, options);
  try {
    const batches = batchesForever(sequences, options.batchSize, new Random(options.seed));
    for (let step = 0; step < steps; step++) {
      signal?.throwIfAborted();
      const learningRate = options.learningRate * cosineToZero(step + 1, steps, options.warmupSteps);
      const values = training.step(batches.next().value, learningRate);
      if (!Number.isFinite(values.loss)) {
        throw new DivergedError(
          `The loss was not a number at step ${step + 1}: lower the learning rate.`,
          step + 1,
        );
      }
      onMetrics?.(step, steps, { ...values, learning_rate: learningRate });
      await setImmediate();
    }
  } finally {
    training.dispose();
  }
}

/** Mean negative log-likelihood of a completion token, over all of `examples`. */
export function evaluateLanguageModel(
  options: Pick<TrainLanguageModelOptions, 'model' | 'tokenizer' | 'examples' | 'batchSize'>,
): number {
  return nextTokenLoss(options.model, encodeExamples(options), options.batchSize);
}

function encodeExamples(
  options: Pick<TrainLanguageModelOptions, 'model' | 'tokenizer' | 'examples'>,
): TokenSequence[] {
  const { config } = options.model;
  const end = config.eosTokenId === undefined ? [] : [config.eosTokenId];
  const inTokens = ({ prompt, completion }: LanguageModelExample): TokenSequence => {
    const promptIds = options.tokenizer.encode(prompt);
    const ids = [...promptIds, ...options.tokenizer.encode(completion), ...end];
    return { ids, start: promptIds.length };
  };
  return options.examples.map((example, index) => {
    const sequence = 'ids' in example ? example : inTokens(example);
    const { ids, start } = sequence;
    if (start === 0 || ids.length === start || ids.length > config.nPositions) {
      throw new Error(`Text ${index} has ${ids.length} tokens; the model takes 2 to ${config.nPositions}.`);
    }
    return sequence;
  });
}
