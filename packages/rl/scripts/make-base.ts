// Makes a fresh GPT-2 model with random weights and a tokenizer trained on texts of yours:
//
//   node --import tsx packages/rl/scripts/make-base.ts texts.jsonl ./my-base [--layers 4] [--width 256] [--heads 4]
//     [--context 256] [--vocabulary 4096] [--seed 1]
//
// Of a .jsonl file every text in every row counts, of any other file every line. The model has learned nothing yet:
// train it on texts before people judge what it writes, with any tool that reads Hugging Face folders.

import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { CausalLm, Tokenizer, trainByteLevelBpe, useEngine, writeModelFolder } from '../src/index.ts';

const END_OF_TEXT = '<|endoftext|>';
/** Merges hardly change after this much text, and all of it is held in memory. */
const MAX_CHARACTERS = 50_000_000;

const size = (fallback: number, min = 1) => z.coerce.number().int().min(min).max(1_000_000).default(fallback);
const Options = z
  .object({
    layers: size(4),
    width: size(256),
    heads: size(4),
    context: size(256, 2),
    vocabulary: size(4096, 257),
    seed: size(1, 0),
  })
  .refine(({ width, heads }) => width % heads === 0, '--width must be a multiple of --heads.');

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: Object.fromEntries(
    ['layers', 'width', 'heads', 'context', 'vocabulary', 'seed'].map((name) => [
      name,
      { type: 'string' as const },
    ]),
  ),
});
const [textFile, outDir] = positionals;
if (textFile === undefined || outDir === undefined)
  throw new Error('Name a file of texts and the folder to make.');
if ((await readdir(outDir).catch(() => [])).length > 0) throw new Error(`${outDir} is not empty.`);
const { layers, width, heads, context, vocabulary, seed } = Options.parse(values);

const texts = await readTexts(textFile);
const tokenizer = new Tokenizer(
  trainByteLevelBpe({ texts, vocabSize: vocabulary, specialTokens: [END_OF_TEXT] }),
);
await useEngine();
const model = CausalLm.random(
  {
    modelType: 'gpt2',
    vocabSize: tokenizer.vocabSize,
    nPositions: context,
    nEmbd: width,
    nLayer: layers,
    nHead: heads,
    layerNormEpsilon: 1e-5,
    bosTokenId: 0,
    eosTokenId: 0,
    padTokenId: 0,
  },
  seed,
);
const tensors = model.hostTensors();
await writeModelFolder(outDir, { config: model.config, tensors, tokenizerJson: tokenizer.json });
const weights = [...tensors.values()].reduce((sum, tensor) => sum + tensor.values.length, 0);
console.log(`${outDir}: ${weights} weights, ${tokenizer.vocabSize} tokens from ${texts.length} texts.`);

async function readTexts(file: string): Promise<string[]> {
  const found: string[] = [];
  let left = MAX_CHARACTERS;
  const keep = (text: string): void => {
    found.push(text);
    left -= text.length;
  };
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    if (line.trim() === '') continue;
    if (file.endsWith('.jsonl')) for (const text of textsIn(JSON.parse(line))) keep(text);
    else keep(`${line}\n`);
    if (left <= 0) break;
  }
  if (found.length === 0) throw new Error(`${file} has no text.`);
  return found;
}

/** Every string in a row, however deep; names of fields are no text. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
