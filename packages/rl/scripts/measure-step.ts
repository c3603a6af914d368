// Speed of a GPT-2-shaped training step on one engine, for `npm run bench -- engine`: the counterpart of
// tools/measure-torch.py. Prints one JSON line with the tokens per second of each measured step, after a warm-up.

import * as tf from '@tensorflow/tfjs-core';
import { parseArgs } from 'node:util';
import { floats, ints } from '../src/engine/host-array.ts';
import { targetLogProbs } from '../src/engine/ops.ts';
import { Program } from '../src/engine/program.ts';
import { ENGINE_NAMES } from '../src/engine/use-engine.ts';
import { AdamW, CausalLm, Random, useEngine } from '../src/index.ts';

const WARM_UP_STEPS = 5;

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    layers: text,
    width: text,
    heads: text,
    vocabulary: text,
    batch: text,
    length: text,
    steps: text,
    engine: text,
  },
});
const prefer = ENGINE_NAMES.find((name) => name === values.engine);
const { name: engine } = await useEngine({
  modelWidth: whole(values.width),
  ...(prefer === undefined ? {} : { prefer }),
});
const speeds = measure({
  nLayer: whole(values.layers),
  nEmbd: whole(values.width),
  nHead: whole(values.heads),
  V: whole(values.vocabulary),
  B: whole(values.batch),
  T: whole(values.length),
  steps: whole(values.steps),
});
console.log(JSON.stringify({ tokensPerSecond: speeds, engine }));

function whole(value: string | undefined): number {
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error('All of --layers --width --heads --vocabulary --batch --length --steps are needed.');
}

interface Sizes {
  nLayer: number;
  nEmbd: number;
  nHead: number;
  V: number;
  B: number;
  T: number;
  steps: number;
}

interface Inputs {
  readonly ids: tf.Tensor2D;
  readonly mask: tf.Tensor2D;
  readonly targets: tf.Tensor1D;
  readonly rate: tf.Tensor1D;
}

function measure({ nLayer, nEmbd, nHead, V, B, T, steps }: Sizes): number[] {
  const sizes = { nLayer, nEmbd, nHead, vocabSize: V, nPositions: T, layerNormEpsilon: 1e-5 };
  const model = CausalLm.random({ modelType: 'gpt2', ...sizes }, 1);
  const params = [...model.params.values()];
  const optimizer = new AdamW(params, { maxGradNorm: 1, weightDecay: 0.01 });
  const named = [...model.params].map(([name, variable]) => [`model/${name}`, variable] as const);
  const program = new Program({
    state: { ...Object.fromEntries(named), ...optimizer.stateVariables('adam') },
  });
  const train = program.step('train', (_, { ids, mask, targets, rate }: Inputs) => {
    const { value, grads } = tf.variableGrads(() => {
      const logits = tf.reshape<tf.Rank.R2>(model.logits(model.hidden(ids, mask)), [B * T, V]);
      return tf.neg(tf.mean<tf.Scalar>(targetLogProbs(logits, targets)));
    }, params);
    const { gradNorm, update } = optimizer.updates(grads, rate);
    return { outputs: { loss: value, gradNorm }, updates: [update] };
  });
  const random = new Random(1);
  const tokens = () => Int32Array.from({ length: B * T }, () => random.below(V));
  const inputs = {
    ids: ints(tokens(), [B, T]),
    mask: floats(new Float32Array(B * T).fill(1), [B, T]),
    targets: ints(tokens()),
  };
  const measured = Array.from({ length: WARM_UP_STEPS + steps }, () => {
    const started = performance.now();
    train.run({ ...inputs, rate: optimizer.rate(1e-3) });
    optimizer.advance();
    return (1000 * B * T) / (performance.now() - started);
  });
  return measured.slice(WARM_UP_STEPS);
}
