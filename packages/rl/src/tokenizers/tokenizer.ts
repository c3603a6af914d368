// A tokenizer.json in Hugging Face's layout, through their own reader.

import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { ChatTemplate, type ChatMessage, type RenderOptions } from './chat-template.ts';
import { reasonOf } from './reason.ts';
import { readTokenizerFiles } from './tokenizer-files.ts';

const TokenizerJsonSchema = z.looseObject({
  added_tokens: z
    .array(z.looseObject({ content: z.string(), special: z.boolean().default(false) }))
    .default([]),
  model: z.looseObject({ type: z.string() }),
});

/** Invisible; put into what a person wrote where it would be read as a special token. */
const ZERO_WIDTH_SPACE = '\u200b';

type JsonObject = Readonly<Record<string, unknown>>;

export class Tokenizer {
  readonly #inner: HuggingFaceTokenizer;
  /** The same without special tokens: a person who writes "<|end|>" has written seven characters. */
  readonly #forText: HuggingFaceTokenizer;
  readonly #specialTokens: readonly string[];
  /** The file's content, to be written beside the weights of a trained model. */
  readonly json: JsonObject;
  /** tokenizer_config.json with the chat template, to be written likewise; null where the folder has none. */
  readonly configJson: JsonObject | null;
  #chatTemplate: ChatTemplate | null | undefined;

  /** @throws Error when the JSON is no tokenizer's */
  constructor(json: JsonObject, configJson: JsonObject | null = null) {
    const parsed = TokenizerJsonSchema.safeParse(json);
    if (!parsed.success)
      throw new Error('This is not a tokenizer.json: its model or its added tokens are missing.');
    this.json = json;
    this.configJson = configJson;
    const added = parsed.data.added_tokens;
    this.#specialTokens = added.filter((token) => token.special).map((token) => token.content);
    const ordinary = added.filter((token) => !token.special);
    this.#inner = readerOf({ ...json, added_tokens: added });
    this.#forText = readerOf({ ...json, added_tokens: ordinary });
  }

  static async fromFolder(dir: string): Promise<Tokenizer> {
    const { json, configJson } = await readTokenizerFiles(dir);
    if (json === null) throw new Error(`${dir} has no tokenizer.json.`);
    return new Tokenizer(json, configJson);
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

  /** The folder's own; null where it has none. */
  get chatTemplate(): ChatTemplate | null {
    this.#chatTemplate ??= this.configJson === null ? null : ChatTemplate.fromConfig(this.configJson);
    return this.#chatTemplate;
  }

  /**
   * A conversation as the model was taught to read it. The template's special tokens are tokens; what looks like one in
   * a message gets an invisible character into it and stays text.
   *
   * @throws Error where the folder has no chat template, or the template refuses the conversation
   */
  encodeChat(messages: readonly ChatMessage[], options: RenderOptions = {}): number[] {
    if (this.chatTemplate === null) throw new Error('This model has no chat template.');
    const asText = messages.map((message) => ({
      ...message,
      content: this.#withoutSpecialTokens(message.content),
    }));
    return this.encode(this.chatTemplate.render(asText, options), { parseSpecialTokens: true });
  }

  #withoutSpecialTokens(text: string): string {
    return this.#specialTokens.reduce(
      (safe, token) => safe.replaceAll(token, `${token.slice(0, 1)}${ZERO_WIDTH_SPACE}${token.slice(1)}`),
      text,
    );
  }
}

/** What a tokenizer_config could change (cleaning up spaces) would break the round trip. */
function readerOf(json: JsonObject): HuggingFaceTokenizer {
  try {
    return new HuggingFaceTokenizer(json, { clean_up_tokenization_spaces: false });
  } catch (error) {
    throw new Error(`This tokenizer.json cannot be used: ${reasonOf(error)}.`, { cause: error });
  }
}
