// A world small enough for a test: letters as tokens, a random base model, and a taste that can be computed.

import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PreferenceExample } from '../algorithms/types.ts';
import { Random } from '../engine/random.ts';
import { CausalLm, type CausalLmConfig } from '../models/causal-lm.ts';
import { Tokenizer } from '../tokenizers/tokenizer.ts';
import { writeModelFolder } from '../weights/model-folder.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz';

/** Letters and a few marks, each a token of its own, behind the token that ends a text. */
export const tinyTokenizer = await Tokenizer.fromFolder(
  join(import.meta.dirname, '../tokenizers/fixtures/letters'),
);

/** The `tiny` size: 2 layers, d 32. */
export const tinyConfig: CausalLmConfig = {
  modelType: 'gpt2',
  vocabSize: tinyTokenizer.vocabSize,
  nPositions: 48,
  nEmbd: 32,
  nLayer: 2,
  nHead: 2,
  layerNormEpsilon: 1e-5,
  eosTokenId: 0,
};

export async function freshFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'rankloop-rl-'));
}

/** A base model with random weights, in a folder of its own. */
export async function writeTinyBase(seed = 1, config = tinyConfig): Promise<string> {
  const dir = await freshFolder();
  const model = CausalLm.random(config, seed);
  await writeModelFolder(dir, {
    config,
    tensors: model.hostTensors(),
    tokenizerJson: tinyTokenizer.json,
  });
  model.dispose();
  return dir;
}

export function tinyPrompts(count: number): { id: string; text: string }[] {
  const random = new Random(7);
  return Array.from({ length: count }, (_, i) => ({ id: `prompt-${i}`, text: `${letters(random, 4)}:` }));
}

/** What the people of this world like: letters of the first half of the alphabet. */
export function taste(text: string): number {
  const liked = Array.from(text).filter((letter) => letter >= 'a' && letter <= 'm').length;
  return liked / Math.max(1, text.length);
}

/** Tasks of random texts, each ranked once by `taste`, equal taste as a tie. */
export function tinyExamples(count: number, k = 4): PreferenceExample[] {
  const random = new Random(11);
  return tinyPrompts(count).map(({ id, text }, i) => {
    const completions = Array.from({ length: k }, () => letters(random, 6 + random.below(5)));
    return {
      promptId: id,
      promptText: text,
      completions,
      judgements: [rankBy(`judgement-${i}`, completions)],
    };
  });
}

/** The same tasks, judged by somebody who cannot tell their outputs apart: no judgement has a pair. */
export function allTied(examples: readonly PreferenceExample[]): PreferenceExample[] {
  const ranksOf = ({ completions }: PreferenceExample) => completions.map((_, i) => (i === 2 ? null : 1));
  return examples.map((example) => ({
    ...example,
    judgements: [{ id: 'tied', ranks: ranksOf(example), weight: 1 }],
  }));
}

/** Whether two folders hold the same weights, bit for bit. */
export async function haveSameWeights(one: string, other: string): Promise<boolean> {
  const read = (dir: string) => readFile(join(dir, 'model.safetensors'));
  return (await read(one)).equals(await read(other));
}

function rankBy(id: string, completions: readonly string[]): PreferenceExample['judgements'][number] {
  const tastes = completions.map(taste);
  const levels = [...new Set(tastes)].sort((a, b) => b - a);
  return { id, ranks: tastes.map((level) => levels.indexOf(level) + 1), weight: 1 };
}

function letters(random: Random, length: number): string {
  return Array.from({ length }, () => ALPHABET.charAt(random.below(26))).join('');
}
