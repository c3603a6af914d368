// One output of a model for one prompt, told while it is being drawn.

import { completionText, promptTokens, type PromptContent } from '../data/encode.ts';
import { CausalLm } from '../models/causal-lm.ts';
import { Tokenizer } from '../tokenizers/tokenizer.ts';
import { sampleFromModel } from './sample-from-model.ts';
import type { ModelFolderPath, SampleFromFolderOptions } from './types.ts';

/** A model with what reads and writes its tokens, in memory until it is disposed of. */
export interface TextModel {
  readonly model: CausalLm;
  readonly tokenizer: Tokenizer;
  dispose(): void;
}

export async function loadTextModel(dir: ModelFolderPath): Promise<TextModel> {
  const tokenizer = await Tokenizer.fromFolder(dir);
  const model = await CausalLm.fromFolder(dir);
  return { model, tokenizer, dispose: () => model.dispose() };
}

export interface GenerateTextOptions extends Pick<SampleFromFolderOptions, 'config' | 'seed'> {
  prompt: PromptContent;
  /** The whole text so far. */
  onText?: ((text: string, tokens: number) => void) | undefined;
  /** Not more often than can be read. */
  everyMs?: number;
}

export interface GeneratedText {
  text: string;
  /** Drawn, with the end-of-text token. */
  tokens: number;
  finished: 'eos' | 'length';
  /** The model does not read so long a prompt: its oldest part was left out. */
  isPromptCut: boolean;
  seconds: number;
}

const TELL_EVERY_MS = 100;

/** The same seed, prompt, settings and weights give the same text. */
export async function generateText(
  { model, tokenizer }: TextModel,
  { prompt, config, seed, onText, everyMs = TELL_EVERY_MS }: GenerateTextOptions,
): Promise<GeneratedText> {
  const started = performance.now();
  let toldAt = started;
  const onTokens = (_place: number, ids: readonly number[]) => {
    // The end is no text; what is returned says that it came.
    if (performance.now() - toldAt < everyMs || ids.at(-1) === model.config.eosTokenId) return;
    toldAt = performance.now();
    onText?.(wholeCharacters(completionText(tokenizer, { ids, finished: 'length' })), ids.length);
  };
  const prompts = [{ ...prompt, id: 'only' }];
  const [drawn] = await sampleFromModel({ model, tokenizer, prompts, k: 1, config, seed, onTokens });
  if (!drawn) throw new Error('Nothing was drawn.');
  return {
    text: drawn.text,
    tokens: drawn.logProbs.length,
    finished: drawn.finished,
    isPromptCut: promptTokens(tokenizer, prompt).length > model.config.nPositions - config.maxNewTokens,
    seconds: (performance.now() - started) / 1000,
  };
}

/** A token may end within a character, whose rest comes with the next one. */
function wholeCharacters(text: string): string {
  return text.replace(/\uFFFD+$/u, '');
}
