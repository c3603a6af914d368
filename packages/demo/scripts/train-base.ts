// Trains the demo's base model from the generated corpus, into assets/base or the folder given.
//
//   node --import tsx packages/demo/scripts/train-base.ts [outDir]
//
// The tokenizer that lies in assets/base is kept, so that token ids stay what they are; without one, a new one is
// trained. About 15 minutes on one core. New weights need new first outputs (assets/outputs.jsonl).

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CausalLm,
  evaluateLanguageModel,
  sampleCompletions,
  Tokenizer,
  trainByteLevelBpe,
  trainLanguageModel,
  useEngine,
  writeModelFolder,
} from '@rankloop/rl';
import { demoPrompts, generateCorpus, goldParts } from '../src/index.ts';

const END_OF_TEXT = '<|endoftext|>';
const VOCABULARY_SIZE = 640;
const SEED = 1;
/** The fixed temperature of the demo's outputs. */
const TEMPERATURE = 0.9;

const assets = join(fileURLToPath(import.meta.url), '..', '..', 'assets', 'base');
const outDir = process.argv[2] ?? assets;
const corpus = generateCorpus({ seed: SEED, count: 40_000 });
const unseen = generateCorpus({ seed: SEED + 1, count: 1_000 });

const tokenizer = existsSync(join(assets, 'tokenizer.json'))
  ? await Tokenizer.fromFolder(assets)
  : new Tokenizer(
      trainByteLevelBpe({
        texts: corpus.map(({ prompt, completion }) => prompt + completion),
        vocabSize: VOCABULARY_SIZE,
        specialTokens: [END_OF_TEXT],
      }),
    );
const endOfText = tokenizer.tokenId(END_OF_TEXT);
if (endOfText === undefined) throw new Error('The tokenizer has no end of text.');

console.log(await useEngine());
const model = CausalLm.random(
  {
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
  },
  SEED,
);
const started = performance.now();
await trainLanguageModel({
  model,
  tokenizer,
  examples: corpus,
  steps: 3_000,
  batchSize: 32,
  learningRate: 4e-3,
  warmupSteps: 100,
  weightDecay: 0.01,
  maxGradNorm: 1,
  seed: SEED,
  onMetrics: (step, total, { loss }) => {
    if ((step + 1) % 100 !== 0) return;
    const seconds = Math.round((performance.now() - started) / 1000);
    console.log(`${step + 1}/${total}  loss ${loss?.toFixed(3)}  ${seconds} s`);
  },
});
await writeModelFolder(outDir, {
  config: model.config,
  tensors: model.hostTensors(),
  tokenizerJson: tokenizer.json,
});

const loss = evaluateLanguageModel({ model, tokenizer, examples: unseen, batchSize: 32 });
const prompts = demoPrompts.heldOut.slice(0, 200);
const samples = await sampleCompletions({
  model,
  promptIds: prompts.map(({ text }) => tokenizer.encode(text)),
  maxNewTokens: 40,
  temperature: TEMPERATURE,
  seed: SEED,
  eosTokenId: endOfText,
});
const scored = prompts.map(({ text }, index) => {
  const completion = tokenizer.decode(samples[index]?.ids ?? []);
  return { text: text + completion, ...goldParts(text, completion) };
});
const mean = (part: 'gold' | 'form' | 'friendliness'): string =>
  (scored.reduce((sum, parts) => sum + parts[part], 0) / scored.length).toFixed(3);
for (const { gold, text } of scored.slice(0, 20)) console.log(`${gold.toFixed(2)}  ${text}`);
console.log(`loss on new texts ${loss.toFixed(3)} nats a token`);
console.log(`gold ${mean('gold')}, friendliness ${mean('friendliness')}, form ${mean('form')}`);
