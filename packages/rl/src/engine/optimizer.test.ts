import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdamW, globalNorm } from './optimizer.ts';
import { testEngines } from '../testing/test-engines.ts';
import { useEngine } from './use-engine.ts';

const GRADIENTS = [
  [0.1, -2, 30],
  [-0.4, 1, 0],
  [0.2, 0.5, -7],
];

interface Run {
  params: tf.Variable;
  optimizer: AdamW;
  step(index: number): number;
}

function start(options: ConstructorParameters<typeof AdamW>[1]): Run {
  const params = tf.variable(tf.tensor1d([1, -0.5, 2]));
  const optimizer = new AdamW([params], options);
  return {
    params,
    optimizer,
    step: (index) => {
      const gradient = tf.tensor1d(GRADIENTS[index % 3] ?? []);
      const { gradNorm } = optimizer.step({ [params.name]: gradient }, 0.1 / (index + 1));
      gradient.dispose();
      return gradNorm;
    },
  };
}

describe.each(testEngines)('AdamW on %s', (engine) => {
  beforeAll(async () => {
    await useEngine({ prefer: engine });
  });

  // Computed in float64 step by step from the published algorithm, in PyTorch's order of operations.
  it.each([
    [{ weightDecay: 0.1 }, [0.914152555, -0.376396159, 1.819003877]],
    [{ weightDecay: 0.1, maxGradNorm: 1 }, [0.936714582, -0.445783001, 1.833825768]],
  ])('follows the published steps with %j', (options, expected) => {
    const run = start(options);
    GRADIENTS.forEach((_, i) => run.step(i));
    Array.from(run.params.dataSync()).forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 5));
  });

  it('returns the norm before clipping', () => {
    expect(start({ maxGradNorm: 1 }).step(0)).toBeCloseTo(Math.hypot(0.1, -2, 30), 4);
  });

  it('continues from a saved state bit for bit', () => {
    const options = { weightDecay: 0.1, maxGradNorm: 1 };
    const whole = start(options);
    [0, 1, 2, 3, 4].forEach((i) => whole.step(i));

    const first = start(options);
    [0, 1].forEach((i) => first.step(i));
    const state = first.optimizer.state();
    const second = start(options);
    second.params.assign(first.params);
    second.optimizer.restore(state);
    // What happens to the first run afterwards must not matter.
    first.step(2);
    [2, 3, 4].forEach((i) => second.step(i));

    expect(second.params.dataSync()).toEqual(whole.params.dataSync());
    expect(second.optimizer.state()).toEqual(whole.optimizer.state());
  });

  it('refuses a state of another model and stays as it was', () => {
    const { optimizer } = start({});
    const before = optimizer.state();
    expect(() => optimizer.restore({ ...before, firstMoments: [] })).toThrow('0 first moments, not 1');
    expect(() => optimizer.restore({ ...before, step: 9, secondMoments: [new Float32Array(2)] })).toThrow(
      'has 2 values, not 3',
    );
    expect(optimizer.state()).toEqual(before);
  });

  it('leaves a parameter without a gradient alone', () => {
    const [a, b] = [tf.variable(tf.scalar(1)), tf.variable(tf.scalar(1))];
    const optimizer = new AdamW([a, b], { weightDecay: 0.5 });
    optimizer.step({ [a.name]: tf.scalar(1) }, 0.1);
    expect(a.dataSync()[0]).not.toBe(1);
    expect(b.dataSync()[0]).toBe(1);
  });

  it('sums the norm over all gradients', () => {
    expect(globalNorm([tf.tensor1d([3, 0]), tf.scalar(4)])).toBeCloseTo(5, 6);
  });
});
