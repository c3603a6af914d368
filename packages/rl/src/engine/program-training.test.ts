import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CausalLm } from '../models/causal-lm.ts';
import { hasNative, testEngines } from '../testing/test-engines.ts';
import { tinyConfig } from '../testing/tiny-world.ts';
import { nativeBackend } from './graph/addon.ts';
import { floats, ints, type HostArray } from './host-array.ts';
import { AdamW, type AdamWOptions } from './optimizer.ts';
import { targetLogProbs } from './ops.ts';
import { Program, type Step } from './program.ts';
import { Random } from './random.ts';
import { useEngine } from './use-engine.ts';

const [B, T, V] = [2, 12, tinyConfig.vocabSize];
const STEPS = 25;

const disposals: (() => void)[] = [];
afterEach(() => {
  for (const dispose of disposals.splice(0)) dispose();
});

interface Training {
  readonly optimizer: AdamW;
  readonly params: readonly tf.Variable[];
  /** One step of language modelling on the batch of that number; the loss and the norm of the gradient. */
  step(index: number): { loss: number; gradNorm: number };
}

interface Inputs {
  ids: tf.Tensor2D;
  mask: tf.Tensor2D;
  targets: tf.Tensor1D;
  rate: tf.Tensor1D;
  isSkipped: tf.Scalar;
}

/** A tiny language model and its training as a program. */
function startTraining(
  options: AdamWOptions = { maxGradNorm: 1, weightDecay: 0.1 },
  isSkipped = 0,
): Training {
  const model = CausalLm.random(tinyConfig, 3);
  const params = [...model.params.values()];
  const optimizer = new AdamW(params, options);
  const named = [...model.params].map(([name, variable]) => [`policy/${name}`, variable] as const);
  const program = new Program({
    state: { ...Object.fromEntries(named), ...optimizer.stateVariables('adam') },
  });
  disposals.push(() => {
    program.dispose();
    optimizer.dispose();
    model.dispose();
  });
  const train: Step<Inputs, { loss: tf.Tensor; gradNorm: tf.Tensor }> = program.step(
    'train',
    (_state, inputs: Inputs) => {
      const { value, grads } = tf.variableGrads(() => {
        const logits = model.logits(model.hidden(inputs.ids, inputs.mask)); // [B, T, V]
        const logProbs = targetLogProbs(tf.reshape(logits, [B * T, V]), inputs.targets);
        return tf.neg(tf.mean<tf.Scalar>(logProbs));
      }, params);
      const { gradNorm, update } = optimizer.updates(grads, inputs.rate, inputs.isSkipped);
      return { outputs: { loss: value, gradNorm }, updates: [update] };
    },
  );
  return {
    optimizer,
    params,
    step: (index) => {
      const { loss, gradNorm } = train.run({
        ...batch(index),
        rate: optimizer.rate(1e-2 / (1 + index / 10)),
        isSkipped: floats([isSkipped], []),
      });
      if (isSkipped === 0) optimizer.advance();
      return { loss: loss.values[0] ?? NaN, gradNorm: gradNorm.values[0] ?? NaN };
    },
  };
}

function batch(index: number): { ids: HostArray; mask: HostArray; targets: HostArray } {
  const random = Random.forItem(5, index % 4);
  const tokens = () => Int32Array.from({ length: B * T }, () => random.below(V));
  const mask = Float32Array.from({ length: B * T }, (_, i) => (i % T < 10 + Math.floor(i / T) ? 1 : 0));
  return { ids: ints(tokens(), [B, T]), mask: floats(mask, [B, T]), targets: ints(tokens()) };
}

const lossesOf = (training: Training) => Array.from({ length: STEPS }, (_, i) => training.step(i).loss);
const valuesOf = (params: readonly tf.Variable[]) => params.map((param) => Array.from(param.dataSync()));

describe.each(testEngines)('training as a program on %s', (engine) => {
  beforeAll(async () => {
    await useEngine({ prefer: engine });
  });

  it('gives the losses of the plain cpu engine over 25 steps, to 1e-4', async () => {
    await useEngine({ prefer: 'cpu' });
    const expected = lossesOf(startTraining());
    await useEngine({ prefer: engine });
    const losses = lossesOf(startTraining());
    expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) - 0.3);
    losses.forEach((loss, i) => expect(Math.abs(loss - (expected[i] ?? NaN))).toBeLessThan(1e-4));
  });

  it('goes on from a saved state bit for bit', () => {
    const whole = startTraining();
    const losses = Array.from({ length: 8 }, (_, i) => whole.step(i).loss);
    const first = startTraining();
    for (let i = 0; i < 4; i++) first.step(i);
    const [saved, weights] = [
      first.optimizer.state(),
      first.params.map((param) => tf.tensor(param.arraySync())),
    ];
    first.step(4);
    const second = startTraining();
    second.step(0);
    second.params.forEach((param, i) => param.assign(weights[i] ?? tf.scalar(NaN)));
    second.optimizer.restore(saved);
    expect([4, 5, 6, 7].map((i) => second.step(i).loss)).toEqual(losses.slice(4));
    expect(valuesOf(second.params)).toEqual(valuesOf(whole.params));
    expect(second.optimizer.state()).toEqual(whole.optimizer.state());
    tf.dispose(weights);
  });

  it('leaves weights and moments bit for bit where a step is skipped', () => {
    const training = startTraining(undefined, 1);
    const before = [valuesOf(training.params), training.optimizer.state()];
    training.step(0);
    expect([valuesOf(training.params), training.optimizer.state()]).toEqual(before);
  });

  it('gives out the norm before clipping', () => {
    const { gradNorm } = startTraining({ maxGradNorm: 1e-3 }).step(0);
    expect(gradNorm).toBeGreaterThan(0.1);
    expect(gradNorm).toBeCloseTo(startTraining({}).step(0).gradNorm, 5);
  });
});

describe.each(testEngines)('AdamW in a program on %s', (engine) => {
  beforeAll(async () => {
    await useEngine({ prefer: engine });
  });

  const GRADIENTS = [
    [0.1, -2, 30],
    [-0.4, 1, 0],
    [0.2, 0.5, -7],
  ];

  // Computed in float64 step by step from the published algorithm, in PyTorch's order of operations.
  it.each([
    [{ weightDecay: 0.1 }, [0.914152555, -0.376396159, 1.819003877]],
    [{ weightDecay: 0.1, maxGradNorm: 1 }, [0.936714582, -0.445783001, 1.833825768]],
  ])('follows the published steps with %j', (options, expected) => {
    const param = tf.variable(tf.tensor1d([1, -0.5, 2]));
    const optimizer = new AdamW([param], options);
    const program = new Program({ state: { param, ...optimizer.stateVariables('adam') } });
    disposals.push(() => program.dispose());
    const step = program.step('step', (_, { grad, rate }: { grad: tf.Tensor1D; rate: tf.Tensor1D }) => {
      const { update } = optimizer.updates({ [param.name]: grad }, rate);
      return { outputs: {}, updates: [update] };
    });
    GRADIENTS.forEach((grad, i) => {
      step.run({ grad: floats(grad), rate: optimizer.rate(0.1 / (i + 1)) });
      optimizer.advance();
    });
    Array.from(param.dataSync()).forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 6));
  });

  it('lets only those parameters decay that are named, with and without a program', () => {
    const rate = 0.1;
    const after = ['program', 'alone'].map((way) => {
      const [matrix, bias] = [tf.variable(tf.ones([2, 2])), tf.variable(tf.ones([2]))];
      const options = { weightDecay: 0.5, decays: ({ rank }: tf.Variable) => rank > 1 };
      const optimizer = new AdamW([matrix, bias], options);
      // Without a gradient of theirs there is only decay.
      const none = () => ({ [matrix.name]: tf.zeros([2, 2]), [bias.name]: tf.zeros([2]) });
      if (way === 'alone') optimizer.step(none(), rate);
      else {
        const state = { matrix, bias, ...optimizer.stateVariables('adam') };
        const program = new Program({ state });
        const step = program.step('step', (_, inputs: { rate: tf.Tensor1D }) => ({
          outputs: {},
          updates: [optimizer.updates(none(), inputs.rate).update],
        }));
        step.run({ rate: optimizer.rate(rate) });
        program.dispose();
      }
      return [...matrix.dataSync(), ...bias.dataSync()];
    });
    for (const values of after) expect(values).toEqual([0.95, 0.95, 0.95, 0.95, 1, 1].map(Math.fround));
  });
});

describe.skipIf(!hasNative)('a recorded training step', () => {
  it('keeps the same handles and tensors from step to step', async () => {
    await useEngine({ prefer: 'native' });
    const training = startTraining();
    const counts = () => [
      nativeBackend()?.binding.getNumOfTensors(),
      nativeBackend()?.binding.getNumOfSavedModels(),
      tf.memory().numTensors,
    ];
    training.step(0);
    const before = counts();
    for (let i = 1; i < 20; i++) training.step(i);
    expect(counts()).toEqual(before);
  });
});
