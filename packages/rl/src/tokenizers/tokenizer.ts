// A tokenizer.json in Hugging Face's layout, through their own reader.

import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const TokenizerJsonSchema = z.looseObject({
  added_tokens: z
    .array(z.looseObject({ content: z.string(), special: z.boolean().default(false) }))
    .default([]),
  model: z.looseObject({ type: z.string() }),
});

export class Tokenizer {
  readonly #inner: HuggingFaceTokenizer;
  /** The same without special tokens: a person who writes "<|end|>" has written seven characters. */
  readonly #forText: HuggingFaceTokenizer;
  /** The file's content, to be written beside the weights of a trained model. */
  readonly json: Readonly<Record<string, unknown>>;

  constructor(json: Readonly<Record<string, unknown>>) {
    const parsed = TokenizerJsonSchema.safeParse(json);
    if (!parsed.success)
      throw new Error('This is not a tokenizer.json: its model or its added tokens are missing.');
    this.json = json;
    // What a tokenizer_config could change (cleaning up spaces) would break the round trip.
    const config = { clean_up_tokenization_spaces: false };
    const ordinary = parsed.data.added_tokens.filter((token) => !token.special);
    this.#inner = new HuggingFaceTokenizer({ ...json, added_tokens: parsed.data.added_tokens }, config);
    this.#forText = new HuggingFaceTokenizer({ ...json, added_tokens: ordinary }, config);
  }

  static async fromFolder(dir: string): Promise<Tokenizer> {
    const json: unknown = JSON.parse(await readFile(join(dir, 'tokenizer.json'), 'utf8'));
    return new Tokenizer(z.record(z.string(), z.unknown()).parse(json));
  }

  get vocabSize(): number {
    return this.#inner.get_vocab(true).size;
  }

  /** The text as it stands. What looks like a special token is text, unless `parseSpecialTokens` is set. */
  encode(text: string, options: { readonly parseSpecialTokens?: boolean } = {}): number[] {
    const tokenizer = options.parseSpecialTokens === true ? this.#inner : this.#forText;
    return tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  /** Special tokens (padding, end of text) are left out unless asked for. */
  decode(ids: readonly number[], options: { readonly keepSpecialTokens?: boolean } = {}): string {
    if (ids.length === 0) return '';
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
