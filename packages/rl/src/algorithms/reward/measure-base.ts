// The scale of a reward model's scores: what the base policy's own outputs get.

import { SamplingConfig } from '@rankloop/contracts';
import { completionText, encodePrompt } from '../../data/encode.ts';
import { Random } from '../../engine/random.ts';
import { CausalLm } from '../../models/causal-lm.ts';
import { momentsOf } from '../../returns/whiten.ts';
import { sampleCompletions } from '../../sampling/sample.ts';
import type { Normalisation, RewardModel } from '../reward-model.ts';
import type { TrainRewardModelOptions } from '../types.ts';

/** Deviations below this are one text over and over; dividing by them would make noise the reward. */
const MIN_STD = 1e-3;

/** Mean and deviation of raw scores over outputs drawn from the base (Ziegler et al. 2019, section 2.2). */
export async function measureBase(
  model: RewardModel,
  options: TrainRewardModelOptions,
  pause: () => Promise<void>,
): Promise<Normalisation> {
  const { examples, config, seed, signal } = options;
  const sampling = options.sampling ?? SamplingConfig.parse({});
  const base = await CausalLm.fromFolder(options.base);
  try {
    const { nPositions, bosTokenId, eosTokenId } = base.config;
    const maxNewTokens = Math.min(sampling.maxNewTokens, Math.max(1, Math.floor((nPositions * 3) / 4)));
    const limits = { nPositions, maxNewTokens, startTokenId: bosTokenId ?? eosTokenId };
    const shuffled = new Random(seed).shuffled(examples);
    const texts = Array.from({ length: config.normalisationSamples }, (_, i) => {
      return shuffled[i % shuffled.length]?.promptText ?? '';
    });
    const drawn = await sampleCompletions({
      model: base,
      promptIds: texts.map((text) => encodePrompt(model.tokenizer, text, limits)),
      maxNewTokens,
      temperature: sampling.temperature,
      topK: sampling.topK === 0 ? null : sampling.topK,
      topP: sampling.topP,
      seed,
      eosTokenId: eosTokenId ?? null,
      ...(signal && { signal }),
    });
    const rows = drawn.map((output, i) => {
      const completion = completionText(model.tokenizer, output);
      return model.encode({ prompt: texts[i] ?? '', completion }).ids;
    });
    const { mean, variance } = momentsOf(await model.scoreRows(rows, pause), 'population');
    return { mean, std: Math.max(MIN_STD, Math.sqrt(variance)) };
  } finally {
    base.dispose();
  }
}
