// Trains the demo's base model from the generated corpus, into assets/base or the folder given, and measures it.
//
//   node --import tsx packages/demo/scripts/train-base.ts [outDir]
//
// About 10 minutes on one core. The same seed gives the same bytes on the same wasm engine; a change to the order in
// which the engine adds moves the last digits. The tokenizer that lies in assets/base is kept, so that token ids stay
// what they are; without one, a new one is trained. A base that fails its bars is not written.
//
// New weights need new first outputs; then the tests of this package hold the three together:
//
//   node --import tsx packages/demo/scripts/sample-outputs.ts
//   npx vitest run --project unit packages/demo

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer, useEngine, writeModelFolder } from '@rankloop/rl';
import { BASE_STEPS, failedBars, measureBase, trainBase, trainBaseTokenizer } from './base-training.ts';

const assets = join(import.meta.dirname, '..', 'assets', 'base');
const outDir = process.argv[2] ?? assets;
const tokenizer = existsSync(join(assets, 'tokenizer.json'))
  ? await Tokenizer.fromFolder(assets)
  : trainBaseTokenizer();

// The engine by name: another one rounds otherwise, and the bytes would differ.
console.log(await useEngine({ prefer: 'wasm' }));
const started = performance.now();
const model = await trainBase({
  tokenizer,
  onStep: (step, loss) => {
    if (step % 100 !== 0) return;
    const seconds = Math.round((performance.now() - started) / 1000);
    console.log(`${step}/${BASE_STEPS}  loss ${loss.toFixed(3)}  ${seconds} s`);
  },
});

const { figures, texts } = await measureBase(model, tokenizer);
for (const text of texts.slice(0, 20)) console.log(text);
console.log(figures);
const failed = failedBars(figures);
if (failed.length > 0) throw new Error(`Not written to ${outDir}: ${failed.join(' ')}`);
await writeModelFolder(outDir, {
  config: model.config,
  tensors: model.hostTensors(),
  tokenizerJson: tokenizer.json,
});
console.log(`Written to ${outDir}.`);
