import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { embed, gelu, layerNorm, linear, matMul, softmax, swapLastTwo, targetLogProbs } from './ops.ts';
import { Random } from './random.ts';
import { testEngines } from '../testing/test-engines.ts';
import { useEngine } from './use-engine.ts';

type Operation = (x: tf.Tensor) => tf.Tensor;

/** Away from 0 and from each other, so that kinks of abs, relu and max are not within a finite step. */
const INPUT = [0.31, -0.72, 1.13, 0.94, -1.35, 0.56, 1.77, -0.18, 0.63, -1.06, 0.49, 1.58];
const SHAPE: [number, number] = [3, 4];
const other = (): tf.Tensor => tf.tensor2d([1.2, 0.7, -0.9, 1.6], [1, 4]);
const square4 = (): tf.Tensor =>
  tf.tensor2d(INPUT.map((v) => v * 0.7 + 0.1).concat([0.3, 0.2, -0.4, 0.8]), [4, 4]);
const positive = (x: tf.Tensor): tf.Tensor => tf.add(tf.abs(x), 0.5);

const OPERATIONS: Record<string, Operation> = {
  neg: (x) => tf.neg(x),
  exp: (x) => tf.exp(x),
  expm1: (x) => tf.expm1(x),
  log: (x) => tf.log(positive(x)),
  log1p: (x) => tf.log1p(positive(x)),
  sqrt: (x) => tf.sqrt(positive(x)),
  rsqrt: (x) => tf.rsqrt(positive(x)),
  reciprocal: (x) => tf.reciprocal(positive(x)),
  square: (x) => tf.square(x),
  abs: (x) => tf.abs(x),
  sigmoid: (x) => tf.sigmoid(x),
  'logSigmoid and softplus': (x) => tf.add(tf.logSigmoid(x), tf.softplus(x)),
  tanh: (x) => tf.tanh(x),
  relu: (x) => tf.relu(x),
  clipByValue: (x) => tf.clipByValue(x, -1, 1),
  'log softmax': (x) => tf.logSoftmax(x),
  'add with broadcasting': (x) => tf.add(x, other()),
  'sub with broadcasting, second input': (x) => tf.sub(tf.ones([2, 3, 4]), x),
  'mul by itself, reduced': (x) => tf.mul(x, tf.sum(x, 0, true)),
  'div, first input': (x) => tf.div(x, other()),
  'div, second input': (x) => tf.div(other(), positive(x)),
  squaredDifference: (x) => tf.squaredDifference(x, tf.mul(x, other())),
  maximum: (x) => tf.maximum(x, tf.mul(x, other())),
  minimum: (x) => tf.minimum(x, other()),
  where: (x) => tf.where(tf.tensor2d([1, 0, 1, 0], [1, 4], 'bool'), tf.square(x), tf.mul(x, 3)),
  sum: (x) => tf.sum(x, 1),
  mean: (x) => tf.mean(x, 0),
  'mean of all': (x) => tf.mean(x),
  max: (x) => tf.max(x, 1),
  min: (x) => tf.min(x, 0),
  logSumExp: (x) => tf.logSumExp(x, 1),
  cumsum: (x) => tf.cumsum(x, 1),
  'cumsum, exclusive and reversed': (x) => tf.cumsum(x, 0, true, true),
  reshape: (x) => tf.mul(tf.reshape(x, [2, 6]), tf.tensor1d([1, 2, 3, 4, 5, 6])),
  expandDims: (x) => tf.expandDims(x, 1),
  squeeze: (x) => tf.squeeze(tf.expandDims(x, 0)),
  transpose: (x) => tf.transpose(tf.reshape(x, [2, 3, 2]), [2, 0, 1]),
  reverse: (x) => tf.reverse(x, 1),
  slice: (x) => tf.slice(x, [1, 1], [2, 2]),
  pad: (x) =>
    tf.pad(x, [
      [1, 0],
      [0, 2],
    ]),
  tile: (x) => tf.tile(x, [2, 3]),
  gather: (x) => tf.gather(x, tf.tensor1d([2, 0, 2], 'int32')),
  concat: (x) => tf.concat([x, tf.square(x)], 1),
  stack: (x) => tf.stack([x, tf.square(x)], 1),
  unstack: (x) => tf.mul(tf.unstack(x, 0)[0] ?? x, tf.unstack(x, 0)[2] ?? x),
  split: (x) => tf.mul(tf.split(x, 2, 1)[0] ?? x, tf.split(x, 2, 1)[1] ?? x),
  addN: (x) => tf.addN([x, tf.square(x), x]),
  'stock matMul': (x) => tf.matMul(x, square4()),
  'stock matMul, both transposed': (x) => tf.matMul(square4(), x, true, true),
  'matMul, first input': (x) => matMul(x, square4()),
  'matMul, second input': (x) => matMul(tf.tensor2d(INPUT, [4, 3]), x),
  'batched matMul with itself': (x) =>
    matMul(tf.reshape(x, [1, 3, 4]), swapLastTwo(tf.reshape(x, [1, 3, 4]))),
  'linear, input': (x) => linear(x, square4(), tf.tensor1d([1, 2, 3, 4])),
  'linear, weight': (x) => linear(tf.tensor2d(INPUT, [4, 3]), x, tf.tensor1d([1, 2, 3, 4])),
  'linear, bias': (x) => linear(tf.tensor2d(INPUT, [4, 3]), tf.ones([3, 12]), tf.reshape(x, [12])),
  'layer norm, input': (x) => layerNorm(x, tf.tensor1d([1, 2, -1, 0.5]), tf.tensor1d([0, 1, 2, 3]), 1e-5),
  'layer norm, gain': (x) =>
    layerNorm(tf.tensor2d(INPUT, [1, 12]), tf.reshape(x, [12]), tf.zeros([12]), 1e-5),
  'layer norm, bias': (x) => layerNorm(tf.tensor2d(INPUT, [1, 12]), tf.ones([12]), tf.reshape(x, [12]), 1e-5),
  gelu: (x) => gelu(x),
  softmax: (x) => softmax(x),
  'embedding with a repeated row': (x) => embed(x, tf.tensor1d([2, 0, 2, 1], 'int32')),
  'log-probability of a target': (x) =>
    targetLogProbs(tf.reshape<tf.Rank.R2>(x, [3, 4]), tf.tensor1d([3, 0, 1], 'int32')),
};

describe.each(testEngines)('on %s', (engine) => {
  beforeAll(async () => {
    expect((await useEngine({ prefer: engine })).name).toBe(engine);
  });

  it.each(Object.entries(OPERATIONS))(
    'the gradient of %s agrees with finite differences',
    (_name, operation) => {
      // A fixed random projection to a scalar sees every output.
      const scalar = (x: tf.Tensor): tf.Scalar => {
        const y = operation(x);
        const random = new Random(5);
        const weights = tf.tensor(
          Array.from({ length: y.size }, () => random.normal()),
          y.shape,
        );
        return tf.sum<tf.Scalar>(tf.mul(y, weights));
      };
      const at = (values: readonly number[]): number => {
        const y = tf.tidy(() => scalar(tf.tensor2d([...values], SHAPE)));
        const value = y.dataSync()[0] ?? NaN;
        y.dispose();
        return value;
      };
      const gradient = tf.tidy(() => tf.grad(scalar)(tf.tensor2d(INPUT, SHAPE))).dataSync();
      const step = 1e-2;
      INPUT.forEach((value, i) => {
        const moved = (by: number): number => at(INPUT.with(i, value + by));
        // Fourth-order central difference: float32 leaves about 1e-3 of noise at this step.
        const expected =
          (8 * (moved(step) - moved(-step)) - (moved(2 * step) - moved(-2 * step))) / (12 * step);
        expect(Math.abs((gradient[i] ?? NaN) - expected)).toBeLessThan(
          2e-3 * Math.max(1, Math.abs(expected)),
        );
      });
    },
  );
});
