// Prints what this code computes from a model folder, as JSON, for tools/compare-with-transformers.py:
//
//   node --import tsx packages/rl/scripts/print-outputs.ts ./my-model
//
// Of a language model the logits of a few sequences, of a reward model their raw scores; and the ids of a few texts.

import * as tf from '@tensorflow/tfjs-core';
import { RewardModel } from '../src/algorithms/reward-model.ts';
import { CausalLm, Random, readModelFolder, Tokenizer, useEngine } from '../src/index.ts';

const [dir] = process.argv.slice(2);
if (dir === undefined) throw new Error('Name the model folder.');

const LENGTHS = [1, 2, 7, 16];
const TEXTS = ['a', 'the quick brown fox', ' two  spaces\nand a line', 'naïve café 12345 😀'];

const engine = await useEngine();
const { config, tensors, tokenizerJson } = await readModelFolder(dir);
const random = new Random(1);
const sequences = LENGTHS.filter((length) => length <= config.nPositions).map((length) =>
  Array.from({ length }, () => random.below(config.vocabSize)),
);
const isReward = tensors.has('score.weight');
console.log(
  JSON.stringify({
    engine: engine.name,
    sequences,
    logits: isReward ? null : await logitsOf(dir),
    scores: isReward ? await (await RewardModel.fromFolder(dir)).scoreRows(sequences) : null,
    texts: tokenizerJson === null ? [] : await idsOf(dir),
  }),
);

async function logitsOf(folder: string): Promise<number[][][]> {
  const model = await CausalLm.fromFolder(folder);
  return sequences.map((ids) =>
    tf.tidy(() => {
      const hidden = model.hidden(tf.tensor2d([ids], [1, ids.length], 'int32'), tf.ones([1, ids.length]));
      return model.logits(hidden).arraySync()[0] ?? [];
    }),
  );
}

async function idsOf(folder: string): Promise<{ text: string; ids: number[] }[]> {
  const tokenizer = await Tokenizer.fromFolder(folder);
  return TEXTS.map((text) => ({ text, ids: tokenizer.encode(text) }));
}
