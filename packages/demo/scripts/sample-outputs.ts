// Draws the outputs that wait for people when the demo starts, from the base model in assets/base.
//
//   node --import tsx packages/demo/scripts/sample-outputs.ts
//
// Run it again whenever the base model changes: a test holds the two together.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sampleFromFolder, useEngine } from '@rankloop/rl';
import { baseModelDir, demoProject, demoPrompts, seededOutputsFile } from '../src/index.ts';

const SEED = 7;
const sampling = { maxNewTokens: 40, temperature: 0.9, topK: 0, topP: 1 };

// The engine by name: another one rounds otherwise, and the bytes would differ.
console.log(await useEngine({ prefer: 'wasm' }));
const prompts = demoPrompts.training.slice(0, demoProject.seededTaskCount);
const drawn = await sampleFromFolder({
  modelDir: baseModelDir,
  prompts: prompts.map(({ id, text }) => ({ id, text })),
  k: demoProject.outputsPerTask,
  config: sampling,
  seed: SEED,
});

const weights = readFileSync(join(baseModelDir, 'model.safetensors'));
const head = { model: createHash('sha256').update(weights).digest('hex'), sampling, seed: SEED };
const rows = prompts.map(({ id }) => ({
  promptId: id,
  outputs: drawn
    .filter(({ promptId }) => promptId === id)
    .map(({ text, tokenIds, logProbs, finished }) => ({
      text,
      tokenIds,
      // A ten-thousandth of a nat is far below what anything is sensitive to.
      logProbs: logProbs.map((value) => Math.round(value * 1e4) / 1e4),
      finished,
    })),
}));
writeFileSync(seededOutputsFile, [head, ...rows].map((row) => `${JSON.stringify(row)}\n`).join(''));
console.log(`${drawn.length} outputs in ${seededOutputsFile}`);
