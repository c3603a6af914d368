// The one shape that most batches of a run are given, where recording a second one costs more than padding.

import type * as tf from '@tensorflow/tfjs-core';
import { encodePrompt } from '../data/encode.ts';
import { LENGTH_STEP } from '../data/token-batch.ts';
import { paddedSize, type UsualShape } from '../engine/padded-size.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import type { Tokenizer } from '../tokenizers/tokenizer.ts';
import type { PreparedPrompt } from './reward/prepare.ts';
import type { TrainingPrompt } from './types.ts';

/**
 * Every shape costs each network of a run a recording and a new opening of its session, 1 to 3 s. Below this size a
 * step takes a tenth of a second, and a third more of that is nothing beside it; with 10 million weights it takes a
 * second or more.
 */
const SMALL_WEIGHTS = 3_000_000;

interface RolloutOptions {
  readonly policy: CausalLm;
  readonly tokenizer: Tokenizer;
  readonly prompts: readonly TrainingPrompt[];
  readonly config: { readonly maxNewTokens: number; readonly minibatchEpisodes: number };
}

/**
 * A minibatch of the longest prompts with the longest outputs, as the policy reads it and as a reward model does. It
 * follows from what the run was started with alone, so that a run that goes on after a stop computes the same numbers.
 * Null for larger models.
 */
export function usualRollout({
  policy,
  tokenizer,
  prompts,
  config,
}: RolloutOptions): { readonly drawing: UsualShape; readonly scoring: UsualShape } | null {
  if (!isSmall([...policy.params.values()])) return null;
  const { nPositions, bosTokenId, eosTokenId } = policy.config;
  const { maxNewTokens, minibatchEpisodes } = config;
  const limits = { nPositions, maxNewTokens, startTokenId: bosTokenId ?? eosTokenId };
  const longest =
    most(prompts.map((prompt) => encodePrompt(tokenizer, prompt, limits).length)) + maxNewTokens;
  const rows = recordedSize(minibatchEpisodes);
  const outputs = minibatchEpisodes * maxNewTokens;
  return {
    // The last token is drawn from the state before it.
    drawing: { rows, outputs, tokens: fullSteps(longest - 1) },
    // The end-of-text token comes after an output that was cut off too.
    scoring: { rows, outputs, tokens: fullSteps(longest + 1) },
  };
}

/** A batch of reward training. How many pairs it has costs next to nothing. */
export function usualRewardBatch(
  params: readonly tf.Variable[],
  prompts: readonly PreparedPrompt[],
  batchPrompts: number,
): UsualShape | null {
  if (prompts.length === 0 || !isSmall(params)) return null;
  const perBatch = Math.min(batchPrompts, prompts.length) / prompts.length;
  const rows = prompts.flatMap((prompt) => prompt.rows);
  const pairs = prompts.flatMap(({ judgements }) => judgements.flatMap((judgement) => judgement.pairs));
  return {
    rows: recordedSize(Math.round(rows.length * perBatch)),
    tokens: fullSteps(most(rows.map((row) => row.length))),
    outputs: recordedSize(Math.round(2 * pairs.length * perBatch)),
  };
}

function isSmall(params: readonly tf.Variable[]): boolean {
  return params.reduce((sum, { size }) => sum + size, 0) <= SMALL_WEIGHTS;
}

function recordedSize(size: number): number {
  return paddedSize(size, { isRecorded: true });
}

function fullSteps(tokens: number): number {
  return Math.ceil(tokens / LENGTH_STEP) * LENGTH_STEP;
}

function most(lengths: readonly number[]): number {
  return lengths.reduce((longest, length) => Math.max(longest, length), 0);
}
