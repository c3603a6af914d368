// The files of a model folder that say how text becomes tokens.

import { join } from 'node:path';
import { findJsonObject, findText, MAX_TOKENIZER_BYTES } from '../weights/json-file.ts';

type JsonObject = Readonly<Record<string, unknown>>;

export interface TokenizerFiles {
  /** tokenizer.json; null where there is none. */
  readonly json: JsonObject | null;
  /**
   * tokenizer_config.json, with what other versions of transformers keep apart: the template of chat_template.jinja in
   * newer folders, the special tokens of special_tokens_map.json in older ones.
   */
  readonly configJson: JsonObject | null;
}

export async function readTokenizerFiles(dir: string): Promise<TokenizerFiles> {
  const json = await findJsonObject(join(dir, 'tokenizer.json'), MAX_TOKENIZER_BYTES);
  const config = await findJsonObject(join(dir, 'tokenizer_config.json'), MAX_TOKENIZER_BYTES);
  const specialTokens = await findJsonObject(join(dir, 'special_tokens_map.json'));
  const configJson = specialTokens === null ? config : { ...specialTokens, ...config };
  const template = await findText(join(dir, 'chat_template.jinja'));
  return { json, configJson: template === null ? configJson : { ...configJson, chat_template: template } };
}
