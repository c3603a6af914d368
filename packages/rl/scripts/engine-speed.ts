// Prints one JSON line about an engine and how fast it trains: `node --import tsx scripts/engine-speed.ts SECONDS [ENGINE]`.
// Without an engine: the one that a round would get here.

import * as tf from '@tensorflow/tfjs-core';
import { parseArgs } from 'node:util';
import { targetLogProbs } from '../src/engine/ops.ts';
import { ENGINE_NAMES } from '../src/engine/use-engine.ts';
import { AdamW, CausalLm, Random, useEngine } from '../src/index.ts';

const { positionals } = parseArgs({ allowPositionals: true });
const seconds = Number(positionals[0] ?? 5);
const prefer = ENGINE_NAMES.find((name) => name === positionals[1]);
const [V, B, T] = [256, 16, 64];

const { name, notBetter } = await useEngine(prefer === undefined ? {} : { prefer });
const model = CausalLm.random(
  {
    modelType: 'gpt2',
    vocabSize: V,
    nPositions: T,
    nEmbd: 128,
    nLayer: 4,
    nHead: 4,
    layerNormEpsilon: 1e-5,
  },
  1,
);
const random = new Random(1);
const tokens = Array.from({ length: B * T }, () => random.below(V));
const ids = tf.tensor2d(tokens, [B, T], 'int32');
const targets = tf.tensor1d(tokens, 'int32');
const mask = tf.ones<tf.Rank.R2>([B, T]);
const params = [...model.params.values()];
const optimizer = new AdamW(params, { maxGradNorm: 1, weightDecay: 0.01 });

function trainStep(): void {
  const { value, grads } = tf.variableGrads(() => {
    const logits = tf.reshape<tf.Rank.R2>(model.logits(model.hidden(ids, mask)), [B * T, V]);
    return tf.neg(tf.mean<tf.Scalar>(targetLogProbs(logits, targets)));
  }, params);
  optimizer.step(grads, 1e-3);
  value.dataSync();
  value.dispose();
  tf.dispose(grads);
}

// The first step allocates and, on some engines, compiles.
trainStep();
const times: number[] = [];
const end = performance.now() + seconds * 1000;
do {
  const start = performance.now();
  trainStep();
  times.push(performance.now() - start);
} while (performance.now() < end);
const median = times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0;
console.log(JSON.stringify({ name, notBetter, tokensPerSecond: Math.round((B * T * 1000) / median) }));
