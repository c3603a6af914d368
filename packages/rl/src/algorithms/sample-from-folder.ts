import { completionText, encodePrompt } from '../data/encode.ts';
import { CausalLm } from '../models/causal-lm.ts';
import { sampleCompletions } from '../sampling/sample.ts';
import { Tokenizer } from '../tokenizers/tokenizer.ts';
import type { SampledCompletion, SampleFromFolderOptions } from './types.ts';

/** `k` outputs of a model for each prompt, in the order of the prompts. */
export async function sampleFromFolder(options: SampleFromFolderOptions): Promise<SampledCompletion[]> {
  const { modelDir, prompts, k, config, seed, signal, onProgress } = options;
  const model = await CausalLm.fromFolder(modelDir);
  try {
    const tokenizer = await Tokenizer.fromFolder(modelDir);
    const { nPositions, bosTokenId, eosTokenId } = model.config;
    const limits = { nPositions, maxNewTokens: config.maxNewTokens, startTokenId: bosTokenId ?? eosTokenId };
    const wanted = prompts.flatMap((prompt) => {
      const promptIds = encodePrompt(tokenizer, prompt, limits);
      return Array.from({ length: k }, (_, index) => ({ promptId: prompt.id, index, promptIds }));
    });
    const drawn = await sampleCompletions({
      model,
      promptIds: wanted.map(({ promptIds }) => promptIds),
      maxNewTokens: config.maxNewTokens,
      temperature: config.temperature,
      topK: config.topK === 0 ? null : config.topK,
      topP: config.topP,
      seed,
      eosTokenId: eosTokenId ?? null,
      ...(signal && { signal }),
      ...(onProgress && { onProgress: ({ completions, total }) => onProgress(completions, total) }),
    });
    return drawn.map((output, i) => ({
      promptId: wanted[i]?.promptId ?? '',
      index: wanted[i]?.index ?? 0,
      text: completionText(tokenizer, output),
      tokenIds: output.finished === 'eos' ? output.ids.slice(0, -1) : output.ids,
      logProbs: output.logProbs,
      // No stop sequences are asked for.
      finished: output.finished === 'eos' ? 'eos' : 'length',
    }));
  } finally {
    model.dispose();
  }
}
