// Prints one JSON line about an engine and how fast it trains: `node --import tsx scripts/engine-speed.ts SECONDS [ENGINE]`.
// Without an engine: the one that a round would get here.

// The step is a program's, as in training: recorded where the engine records.

import * as tf from '@tensorflow/tfjs-core';
import { parseArgs } from 'node:util';
import { targetLogProbs } from '../src/engine/ops.ts';
import { ENGINE_NAMES } from '../src/engine/use-engine.ts';
import { AdamW, CausalLm, floats, ints, Program, Random, useEngine } from '../src/index.ts';

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
const params = [...model.params.values()];
const optimizer = new AdamW(params, { maxGradNorm: 1, weightDecay: 0.01 });
const weights = Object.fromEntries(
  [...model.params].map(([param, variable]) => [`model/${param}`, variable]),
);
const program = new Program({ state: { ...weights, ...optimizer.stateVariables('adam') } });

interface Inputs {
  readonly ids: tf.Tensor2D; // [B, T] int32
  readonly mask: tf.Tensor2D; // [B, T]
  readonly targets: tf.Tensor1D; // [B·T] int32
  readonly rate: tf.Tensor1D; // from the optimiser
}

const train = program.step('train', (_, { ids, mask, targets, rate }: Inputs) => {
  const { value, grads } = tf.variableGrads(() => {
    const logits = tf.reshape<tf.Rank.R2>(model.logits(model.hidden(ids, mask)), [B * T, V]);
    return tf.neg(tf.mean<tf.Scalar>(targetLogProbs(logits, targets)));
  }, params);
  const { update } = optimizer.updates(grads, rate);
  return { outputs: { loss: value }, updates: [update] };
});

function trainStep(): void {
  train.run({
    ids: ints(tokens, [B, T]),
    mask: floats(new Float32Array(B * T).fill(1), [B, T]),
    targets: ints(tokens),
    rate: optimizer.rate(1e-3),
  });
  optimizer.advance();
}

// The first step allocates and, where the engine records, records.
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
