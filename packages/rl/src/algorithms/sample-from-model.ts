// Outputs of a model that is already loaded.

import { completionText, encodePrompt } from '../data/encode.ts';
import { Program } from '../engine/program.ts';
import { Random } from '../engine/random.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import type { DecodingSource } from '../sampling/decoding.ts';
import { decoderInSession } from '../sampling/recorded-decoder.ts';
import { sampleCompletions } from '../sampling/sample.ts';
import type { Tokenizer } from '../tokenizers/tokenizer.ts';
import type { SampledCompletion, SampleFromFolderOptions } from './types.ts';

interface SampleFromModelOptions extends Omit<SampleFromFolderOptions, 'modelDir'> {
  model: CausalLm;
  tokenizer: Tokenizer;
  /** The place of the first output among all that are drawn with the seed; 0 by default. */
  firstPlace?: number | undefined;
  /** What holds the model's weights, if something does: it draws from them in its own way. */
  holder?: { readonly decoder: DecodingSource | undefined } | undefined;
  /** After each token of an output: its place among all, and its tokens so far. */
  onTokens?: ((place: number, ids: readonly number[]) => void) | undefined;
}

/** `k` outputs for each prompt, in the order of the prompts. */
export async function sampleFromModel(options: SampleFromModelOptions): Promise<SampledCompletion[]> {
  const {
    model,
    tokenizer,
    prompts,
    k,
    config,
    seed,
    firstPlace = 0,
    signal,
    onProgress,
    onTokens,
  } = options;
  const own = options.holder === undefined ? decodeAlone(model) : undefined;
  const decoder = options.holder?.decoder ?? own?.decoder;
  try {
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
      seed: wanted.map((_, i) => Random.seedForItem(seed, firstPlace + i)),
      eosTokenId: eosTokenId ?? null,
      ...(decoder && { decoder }),
      ...(signal && { signal }),
      ...(onTokens && { onTokens }),
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
    own?.dispose();
  }
}

/** A program for as long as outputs are drawn. */
function decodeAlone(model: CausalLm): { decoder: DecodingSource | undefined; dispose: () => void } {
  const program = new Program({
    state: Object.fromEntries([...model.params].map(([name, param]) => [`model/${name}`, param])),
  });
  const decoder = decoderInSession(model, program);
  return {
    decoder,
    dispose: () => {
      decoder?.dispose();
      program.dispose();
    },
  };
}
