// What the demo's base model is: its texts, its size, its training, and what it must be like to be shipped.

import {
  CausalLm,
  evaluateLanguageModel,
  sampleCompletions,
  trainByteLevelBpe,
  Tokenizer,
  trainLanguageModel,
} from '@rankloop/rl';
import { countDistinct, demoPrompts, generateCorpus, goldParts } from '../src/index.ts';

const END_OF_TEXT = '<|endoftext|>';
const VOCABULARY_SIZE = 640;
const TEXTS = 40_000;
const SEED = 1;
/** The fixed temperature of the demo's outputs. */
const TEMPERATURE = 0.9;

export const BASE_STEPS = 3_000;

/** A new tokenizer of the corpus. Token ids change with it, and so do all stored outputs. */
export function trainBaseTokenizer(): Tokenizer {
  const texts = generateCorpus({ seed: SEED, count: TEXTS }).map((one) => one.prompt + one.completion);
  return new Tokenizer(
    trainByteLevelBpe({ texts, vocabSize: VOCABULARY_SIZE, specialTokens: [END_OF_TEXT] }),
  );
}

export interface TrainBaseOptions {
  tokenizer: Tokenizer;
  /** BASE_STEPS for the model that is shipped; the learning rate ends at 0 with them. */
  steps?: number;
  /** Texts of the corpus. */
  texts?: number;
  seed?: number;
  /** `loss` in nats a token; `step` counts from 1. */
  onStep?: (step: number, loss: number) => void;
}

/** Trains a base from random weights. The same options give the same weights, bit for bit, on one engine. */
export async function trainBase(options: TrainBaseOptions): Promise<CausalLm> {
  const { tokenizer, steps = BASE_STEPS, texts = TEXTS, seed = SEED, onStep } = options;
  const model = CausalLm.random(sizeOfBase(tokenizer), seed);
  await trainLanguageModel({
    model,
    tokenizer,
    examples: generateCorpus({ seed, count: texts }),
    steps,
    batchSize: 32,
    learningRate: 4e-3,
    warmupSteps: 100,
    weightDecay: 0.01,
    maxGradNorm: 1,
    seed,
    onMetrics: (step, _total, { loss = Number.NaN }) => onStep?.(step + 1, loss),
  });
  return model;
}

function sizeOfBase(tokenizer: Tokenizer) {
  const endOfText = endOfTextOf(tokenizer);
  return {
    modelType: 'gpt2',
    vocabSize: tokenizer.vocabSize,
    nPositions: 64,
    nEmbd: 96,
    nLayer: 2,
    nHead: 4,
    layerNormEpsilon: 1e-5,
    bosTokenId: endOfText,
    eosTokenId: endOfText,
    padTokenId: endOfText,
  } as const;
}

function endOfTextOf(tokenizer: Tokenizer): number {
  const id = tokenizer.tokenId(END_OF_TEXT);
  if (id === undefined) throw new Error(`The tokenizer has no ${END_OF_TEXT}: train a new one.`);
  return id;
}

/** What a base is like on the held-out prompts, one output each at the demo's temperature. */
export interface BaseFigures {
  /** Means of goldParts, all in 0..1; the whole range of the gold is 1. */
  gold: number;
  friendliness: number;
  form: number;
  /** Different outputs with the item's name masked, of `outputs`. */
  distinct: number;
  outputs: number;
  /** exp of the mean loss of a token of texts that the base never saw. */
  perplexity: number;
}

/** What keeps a base from being shipped, as sentences: it needs room to improve, sound texts, and no two alike. */
export function failedBars({ gold, form, distinct, outputs, perplexity }: BaseFigures): string[] {
  const bars: [boolean, string][] = [
    [gold >= 0.2 && gold <= 0.4, `Its gold is ${gold.toFixed(3)}, not 0.2 to 0.4 of the range.`],
    [form >= 0.95, `Its well-formedness is ${form.toFixed(3)}, below 0.95.`],
    [distinct >= 0.975 * outputs, `Only ${distinct} of ${outputs} outputs are distinct, below 97.5 %.`],
    [perplexity <= 1.8, `Its perplexity on new texts is ${perplexity.toFixed(3)}, above 1.8.`],
  ];
  return bars.filter(([holds]) => !holds).map(([, sentence]) => sentence);
}

export async function measureBase(
  model: CausalLm,
  tokenizer: Tokenizer,
): Promise<{ figures: BaseFigures; texts: string[] }> {
  const prompts = demoPrompts.heldOut;
  const samples = await sampleCompletions({
    model,
    promptIds: prompts.map(({ text }) => tokenizer.encode(text)),
    maxNewTokens: 40,
    temperature: TEMPERATURE,
    seed: SEED,
    eosTokenId: endOfTextOf(tokenizer),
  });
  const texts = samples.map(({ ids }) => tokenizer.decode(ids));
  const parts = prompts.map(({ text }, index) => goldParts(text, texts[index] ?? ''));
  const mean = (part: 'gold' | 'friendliness' | 'form'): number =>
    parts.reduce((sum, one) => sum + one[part], 0) / parts.length;
  const unseen = generateCorpus({ seed: SEED + 1, count: 1_000 });
  return {
    figures: {
      gold: mean('gold'),
      friendliness: mean('friendliness'),
      form: mean('form'),
      distinct: countDistinct(prompts, texts),
      outputs: texts.length,
      perplexity: Math.exp(evaluateLanguageModel({ model, tokenizer, examples: unseen, batchSize: 32 })),
    },
    texts: prompts.map(({ text }, index) => text + (texts[index] ?? '')),
  };
}
