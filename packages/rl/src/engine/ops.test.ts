import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import * as fused from './ops.ts';
import * as portable from './portable-ops.ts';
import { Random } from './random.ts';
import { useEngine } from './use-engine.ts';

function normal(shape: number[], seed: number, std = 1): tf.Tensor {
  const random = new Random(seed);
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => std * random.normal()),
    shape,
  );
}

type Ops = typeof portable;
/** Each case: inputs, and the formula for a set of operations. Sizes are no multiples of a tile. */
const CASES: Record<
  string,
  { inputs: () => tf.Tensor[]; run: (ops: Ops, inputs: tf.Tensor[]) => tf.Tensor }
> = {
  linear: {
    inputs: () => [normal([37, 21], 1), normal([21, 13], 2), normal([13], 3)],
    run: (ops, [x, w, b]) => ops.linear(given(x), given(w), given(b)),
  },
  matMul: {
    inputs: () => [normal([9, 70], 1), normal([70, 5], 2)],
    run: (ops, [a, b]) => ops.matMul(given(a), given(b)),
  },
  swapLastTwo: { inputs: () => [normal([2, 3, 19, 33], 1)], run: (ops, [x]) => ops.swapLastTwo(given(x)) },
  'layer norm': {
    inputs: () => [normal([11, 24], 1, 3), normal([24], 2), normal([24], 3)],
    run: (ops, [x, g, b]) => ops.layerNorm(given(x), given(g), given(b), 1e-5),
  },
  gelu: { inputs: () => [normal([50, 3], 1, 4)], run: (ops, [x]) => ops.gelu(given(x)) },
  'log-probabilities': {
    inputs: () => [normal([6, 40], 1, 5)],
    run: (ops, [z]) => ops.targetLogProbs(as2d(given(z)), tf.tensor1d([0, 39, 7, 7, 1, 20], 'int32')),
  },
  entropy: { inputs: () => [normal([6, 40], 1, 5)], run: (ops, [z]) => ops.entropy(as2d(given(z))) },
  'attention without padding': {
    inputs: () => [normal([2 * 37, 3 * 12], 1)],
    run: (ops, [qkv]) => ops.attention(given(qkv), tf.ones([2, 37]), 3),
  },
  'attention with padding on the right': {
    inputs: () => [normal([2 * 7, 3 * 12], 1)],
    run: (ops, [qkv]) =>
      ops.attention(given(qkv), tf.tensor2d([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0], [2, 7]), 2),
  },
};

describe.each(['wasm', 'cpu'] as const)('our kernels on %s', (engine) => {
  beforeAll(async () => {
    await useEngine({ prefer: engine });
  });

  it.each(Object.entries(CASES))(
    '%s: value and gradients equal the composition of stock kernels',
    (_name, { inputs, run }) => {
      const evaluate = (ops: Ops): number[][] =>
        tf.tidy(() => {
          const xs = inputs();
          const loss = (...args: tf.Tensor[]): tf.Tensor => {
            const y = run(ops, args);
            return tf.sum(tf.mul(y, normal(y.shape, 9)));
          };
          return [run(ops, xs), ...tf.grads(loss)(xs)].map((t) => Array.from(t.dataSync()));
        });
      const [actual, expected] = [evaluate(fused), evaluate(portable)];
      expected.forEach((values, i) =>
        values.forEach((value, j) => {
          expect(Math.abs((actual[i]?.[j] ?? NaN) - value)).toBeLessThan(2e-5 * Math.max(1, Math.abs(value)));
        }),
      );
    },
  );

  it('gives a query that sees no key an output of 0 and no gradient', () => {
    const mask = tf.tensor2d([0, 0, 1, 1], [1, 4]);
    const qkv = normal([4, 6], 1);
    const out = fused.attention(qkv, mask, 1);
    expect(Array.from(tf.slice(out, [0, 0], [2, 2]).dataSync())).toEqual([0, 0, 0, 0]);
    const gradient = tf.grad((x: tf.Tensor) => tf.sum(fused.attention(x, mask, 1)))(qkv);
    expect(Array.from(tf.slice(gradient, [0, 0], [2, 6]).dataSync()).every((value) => value === 0)).toBe(
      true,
    );
  });
});

function given(tensor: tf.Tensor | undefined): tf.Tensor {
  if (tensor === undefined) throw new Error('missing input');
  return tensor;
}
function as2d(tensor: tf.Tensor): tf.Tensor2D {
  return tf.reshape<tf.Rank.R2>(tensor, [tensor.shape[0], tensor.shape[1] ?? 0]);
}
