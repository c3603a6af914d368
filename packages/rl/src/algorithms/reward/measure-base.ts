// The scale of a reward model's scores: what the base policy's own outputs get.

import { SamplingConfig } from '@rankloop/contracts';
import { completionText, encodePrompt, type PromptContent } from '../../data/encode.ts';
import { Random } from '../../engine/random.ts';
import { CausalLm } from '../../models/causal-lm.ts';
import { momentsOf } from '../../returns/whiten.ts';
import { sampleCompletions } from '../../sampling/sample.ts';
import type { Normalisation, RewardModel } from '../reward-model.ts';
import type { TrainRewardModelOptions } from '../types.ts';

/** Deviations below this are one text over and over; dividing by them would make noise the reward. */
const MIN_STD = 1e-3;

/** Outputs drawn from the base as rows of the reward model, whose scores are to have mean 0 and deviation 1. */
export async function drawFromBase(
  model: RewardModel,
  options: TrainRewardModelOptions,
): Promise<number[][]> {
  const { examples, config, seed, signal } = options;
  const sampling = options.sampling ?? SamplingConfig.parse({});
  const base = await CausalLm.fromFolder(options.base);
  try {
    const { nPositions, bosTokenId, eosTokenId } = base.config;
    const maxNewTokens = Math.min(sampling.maxNewTokens, Math.max(1, Math.floor((nPositions * 3) / 4)));
    const limits = { nPositions, maxNewTokens, startTokenId: bosTokenId ?? eosTokenId };
    const shuffled = new Random(seed).shuffled(examples);
    const prompts = Array.from({ length: config.normalisationSamples }, (_, i): PromptContent => {
      const example = shuffled[i % shuffled.length];
      return { text: example?.promptText ?? '', conversation: example?.conversation };
    });
    const drawn = await sampleCompletions({
      model: base,
      promptIds: prompts.map((prompt) => encodePrompt(model.tokenizer, prompt, limits)),
      maxNewTokens,
      temperature: sampling.temperature,
      topK: sampling.topK === 0 ? null : sampling.topK,
      topP: sampling.topP,
      seed,
      eosTokenId: eosTokenId ?? null,
      ...(signal && { signal }),
    });
    const completions = drawn.map((output) => completionText(model.tokenizer, output));
    return prompts.map((prompt, i) => model.encode({ prompt, completion: completions[i] ?? '' }).ids);
  } finally {
    base.dispose();
  }
}

/** Mean and deviation of raw scores (Ziegler et al. 2019, section 2.2). */
export function normalisationOf(scores: readonly number[]): Normalisation {
  const { mean, variance } = momentsOf(scores, 'population');
  return { mean, std: Math.max(MIN_STD, Math.sqrt(variance)) };
}
