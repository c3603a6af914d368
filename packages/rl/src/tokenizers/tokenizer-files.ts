// The files of a model folder that say how text becomes tokens.

import { join } from 'node:path';
import { findJsonObject, findText, MAX_TOKENIZER_BYTES } from '../weights/json-file.ts';

type JsonObject = Readonly<Record<string, unknown>>;

export interface TokenizerFiles {
  /** tokenizer.json; null where there is none. */
  readonly json: JsonObject | null;
  /** tokenizer_config.json, with the template of chat_template.jinja, which newer files keep apart. */
  readonly configJson: JsonObject | null;
}

export async function readTokenizerFiles(dir: string): Promise<TokenizerFiles> {
  const json = await findJsonObject(join(dir, 'tokenizer.json'), MAX_TOKENIZER_BYTES);
  const configJson = await findJsonObject(join(dir, 'tokenizer_config.json'), MAX_TOKENIZER_BYTES);
  const template = await findText(join(dir, 'chat_template.jinja'));
  return { json, configJson: template === null ? configJson : { ...configJson, chat_template: template } };
}
