import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelConfig } from './model-config.ts';

/**
 * Width of the hidden states of the model in a folder, by its config.json; null where that cannot be read, which whoever
 * loads the model explains.
 */
export async function readModelWidth(folder: string): Promise<number | null> {
  try {
    const config = ModelConfig.parse(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')));
    return config.model_type === 'gpt2' ? config.n_embd : config.hidden_size;
  } catch {
    return null;
  }
}
