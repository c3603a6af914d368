// A tokenizer.json in Hugging Face's layout, through their own reader.

import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export class Tokenizer {
  readonly #inner: HuggingFaceTokenizer;
  /** The file's content, to be written beside the weights of a trained model. */
  readonly json: Readonly<Record<string, unknown>>;

  constructor(json: Readonly<Record<string, unknown>>) {
    this.json = json;
    // An empty tokenizer_config: what it could change (cleaning up spaces) would break the round trip.
    this.#inner = new HuggingFaceTokenizer(json, { clean_up_tokenization_spaces: false });
  }

  static async fromFolder(dir: string): Promise<Tokenizer> {
    return new Tokenizer(JSON.parse(await readFile(join(dir, 'tokenizer.json'), 'utf8')));
  }

  get vocabSize(): number {
    return this.#inner.get_vocab(true).size;
  }

  encode(text: string): number[] {
    return this.#inner.encode(text, { add_special_tokens: false }).ids;
  }

  /** Special tokens (padding, end of text) are left out unless asked for. */
  decode(ids: readonly number[], options: { readonly keepSpecialTokens?: boolean } = {}): string {
    return this.#inner.decode([...ids], {
      skip_special_tokens: options.keepSpecialTokens !== true,
      clean_up_tokenization_spaces: false,
    });
  }

  /** The id of a token by its text ("<|eos|>"); undefined where there is none. */
  tokenId(token: string): number | undefined {
    return this.#inner.token_to_id(token);
  }
}
