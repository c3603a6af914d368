// Prints the speed of a training step and of sampling: `node --import tsx scripts/measure-engine.ts [width] [engine]`.
// Per second of processor time too, which other load on the machine disturbs less.

import * as tf from '@tensorflow/tfjs-core';
import { parseArgs } from 'node:util';
import { targetLogProbs } from '../src/engine/ops.ts';
import { ENGINE_NAMES } from '../src/engine/use-engine.ts';
import { AdamW, CausalLm, Random, sampleCompletions, useEngine } from '../src/index.ts';

const { positionals } = parseArgs({ allowPositionals: true });
const width = Number(positionals[0] ?? 96);
const prefer = ENGINE_NAMES.find((name) => name === positionals[1]);
const [V, B, T, repetitions] = [512, 32, 48, 8];

console.log(await useEngine(prefer === undefined ? {} : { prefer }));
const model = CausalLm.random(
  {
    modelType: 'gpt2',
    vocabSize: V,
    nPositions: 64,
    nEmbd: width,
    nLayer: 2,
    nHead: 4,
    layerNormEpsilon: 1e-5,
  },
  1,
);

async function measure(what: string, tokens: number, work: () => Promise<void> | void): Promise<void> {
  const rates: { wall: number; cpu: number }[] = [];
  for (let i = 0; i < repetitions; i++) {
    const [cpuStart, start] = [process.cpuUsage(), performance.now()];
    await work();
    const { user, system } = process.cpuUsage(cpuStart);
    rates.push({
      wall: tokens / ((performance.now() - start) / 1000),
      cpu: tokens / ((user + system) / 1e6),
    });
  }
  const median = (values: number[]): number =>
    Math.round(values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0);
  const [wall, cpu] = [median(rates.map((r) => r.wall)), median(rates.map((r) => r.cpu))];
  console.log(`${what}, width ${width}: ${wall} tokens/s, ${cpu} per processor second`);
}

const random = new Random(1);
const tokens = (count: number): number[] => Array.from({ length: count }, () => random.below(V));
const ids = tf.tensor2d(tokens(B * T), [B, T], 'int32');
const targets = tf.tensor1d(tokens(B * T), 'int32');
const mask = tf.ones<tf.Rank.R2>([B, T]);
const params = [...model.params.values()];
const optimizer = new AdamW(params, { maxGradNorm: 1, weightDecay: 0.01 });
await measure('training step, 32 x 48', B * T, () => {
  const { value, grads } = tf.variableGrads(() => {
    const logits = tf.reshape<tf.Rank.R2>(model.logits(model.hidden(ids, mask)), [B * T, V]);
    return tf.neg(tf.mean<tf.Scalar>(targetLogProbs(logits, targets)));
  }, params);
  optimizer.step(grads, 1e-3);
  value.dataSync();
  value.dispose();
  tf.dispose(grads);
});

const promptIds = Array.from({ length: B }, () => tokens(16));
for (const topP of [null, 0.9]) {
  await measure(`sampling 32 new tokens for 32 prompts of 16, top-p ${topP ?? 'off'}`, B * 32, async () => {
    await sampleCompletions({ model, promptIds, maxNewTokens: 32, temperature: 1, topP, seed: 1 });
  });
}
