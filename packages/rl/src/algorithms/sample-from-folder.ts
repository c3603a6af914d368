import { CausalLm } from '../models/causal-lm.ts';
import { Tokenizer } from '../tokenizers/tokenizer.ts';
import { sampleFromModel } from './sample-from-model.ts';
import type { SampledCompletion, SampleFromFolderOptions } from './types.ts';

/** `k` outputs of a model for each prompt, in the order of the prompts. */
export async function sampleFromFolder({
  modelDir,
  ...options
}: SampleFromFolderOptions): Promise<SampledCompletion[]> {
  const model = await CausalLm.fromFolder(modelDir);
  try {
    const tokenizer = await Tokenizer.fromFolder(modelDir);
    return await sampleFromModel({ ...options, model, tokenizer });
  } finally {
    model.dispose();
  }
}
