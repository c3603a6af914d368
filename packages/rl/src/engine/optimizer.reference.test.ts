// The optimiser against float64, on random runs, and its schedules against worked values.

import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { referenceAdamW } from '../reference/adam.ts';
import { formulas } from '../testing/golden.ts';
import '../testing/to-be-all-close.ts';
import { AdamW, type AdamWOptions } from './optimizer.ts';
import { learningRateFactor, type ScheduleName } from './schedule.ts';
import { testEngines } from '../testing/test-engines.ts';
import { useEngine } from './use-engine.ts';

const N = 5;

/** Positions after each step. */
function run(
  start: readonly number[],
  gradients: readonly (readonly number[])[],
  { learningRate, ...options }: AdamWOptions & { learningRate: number },
): number[][] {
  const params = tf.variable(tf.tensor1d([...start]));
  const optimizer = new AdamW([params], options);
  const positions = gradients.map((gradient) => {
    const grad = tf.tensor1d([...gradient]);
    optimizer.step({ [params.name]: grad }, learningRate);
    grad.dispose();
    return Array.from(params.dataSync());
  });
  optimizer.dispose();
  params.dispose();
  return positions;
}

const number = fc.float({ min: -10, max: 10, noNaN: true, noDefaultInfinity: true });
const vector = fc.array(number, { minLength: N, maxLength: N });

describe.each(testEngines)('AdamW on %s', (engine) => {
  beforeAll(() => useEngine({ prefer: engine }));

  it('moves as PyTorch does in float64, with decay, clipping and other decay rates', () => {
    const settings = fc.record({
      learningRate: fc.constantFrom(1e-4, 1e-2, 0.3),
      weightDecay: fc.constantFrom(0, 0.1),
      maxGradNorm: fc.constantFrom(null, 0.5, 1e6),
      beta2: fc.constantFrom(0.999, 0.95),
    });
    const gradients = fc.array(vector, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(vector, gradients, settings, (start, steps, options) => {
        // float32 moments of gradients that cancel keep fewer digits than float64 ones.
        const tolerance = { atol: 2e-3 * options.learningRate + 1e-6, rtol: 1e-5 };
        const expected = referenceAdamW(start, steps, options);
        expect(run(start, steps, options)).toBeAllClose(expected, tolerance);
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  it('adds eps to the corrected root, as PyTorch does and TensorFlow does not', () => {
    const { g, lr: learningRate, eps, torch, tf: tensorflow } = formulas.adam_eps_style;
    const positions = run([0], [[g], [g], [g]], { learningRate, eps }).flat();
    expect(positions).toBeAllClose(torch, { atol: 1e-8, rtol: 1e-4 });
    expect(positions).not.toBeAllClose(tensorflow, { atol: 1e-8, rtol: 1e-1 });
  });
});

describe('the schedules', () => {
  const factors = (name: ScheduleName) =>
    [0, 1, 2, 6, 10, 12].map((step) => learningRateFactor({ name, totalSteps: 10, warmupSteps: 2 }, step));

  it.each<[ScheduleName, number[]]>([
    ['constant', [0, 0.5, 1, 1, 1, 1]],
    ['linear', [0, 0.5, 1, 0.5, 0, 0]],
    ['cosine', [0, 0.5, 1, 0.5, 0, 0]],
  ])('%s: rises over the warm-up and then falls as named', (name, expected) => {
    expect(factors(name)).toBeAllClose(expected, { atol: 1e-12 });
  });

  it('cosine falls slowly at first: a quarter of the way it is at (1 + √½) / 2', () => {
    const quarter = learningRateFactor({ name: 'cosine', totalSteps: 8 }, 2);
    expect(quarter).toBeAllClose((1 + Math.SQRT1_2) / 2, { atol: 1e-12 });
  });
});
