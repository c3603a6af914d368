// What Llama needs beyond the operations of GPT-2, composed of stock kernels, each with its gradient in closed form.

import * as tf from '@tensorflow/tfjs-core';
import { asSave, asTensor, pair, triple } from '../engine/custom-grad.ts';

/**
 * y = x / √(mean(x²) + eps) · gain over the last axis (Zhang and Sennrich 2019).
 *
 * With r = 1 / √(mean(x²) + eps), x̂ = x · r and dx̂ = dy · gain:  dx = r · (dx̂ - x̂ · mean(dx̂ · x̂))
 */
export function rmsNorm(x: tf.Tensor, gain: tf.Tensor, eps: number): tf.Tensor {
  const normalise = tf.customGrad((xIn, gainIn, save) => {
    const [input, scale] = [asTensor(xIn), asTensor(gainIn)];
    const inverseRms = tf.rsqrt(tf.add(tf.mean(tf.square(input), -1, true), eps));
    const normalised = tf.mul(input, inverseRms);
    asSave(save)([normalised, inverseRms, scale]);
    return {
      value: tf.mul(normalised, scale),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [xHat, r, g] = triple(saved);
        const dxHat = tf.mul(dy, g);
        const projected = tf.mul(xHat, tf.mean(tf.mul(dxHat, xHat), -1, true));
        const leadingAxes = dy.shape.slice(0, -1).map((_, i) => i);
        return [tf.mul(tf.sub(dxHat, projected), r), tf.sum(tf.mul(dy, xHat), leadingAxes)];
      },
    };
  });
  return normalise(x, gain);
}

/** silu(gate) · up with silu(g) = g · σ(g); silu'(g) = σ(g) · (1 + g · (1 - σ(g))) (Shazeer 2020). */
export function gatedSilu(gate: tf.Tensor, up: tf.Tensor): tf.Tensor {
  return gatedSiluWithGradient(gate, up);
}

const gatedSiluWithGradient = tf.customGrad((gateIn, upIn, save) => {
  const [gate, up] = [asTensor(gateIn), asTensor(upIn)];
  const sigmoid = tf.sigmoid(gate);
  asSave(save)([gate, up, sigmoid]);
  return {
    value: tf.mul(tf.mul(gate, sigmoid), up),
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [g, u, s] = triple(saved);
      const silu = tf.mul(g, s);
      // σ · (1 + g - g · σ) = σ + silu · (1 - σ)
      const slope = tf.add(s, tf.mul(silu, tf.sub(1, s)));
      return [tf.mul(tf.mul(dy, u), slope), tf.mul(dy, silu)];
    },
  };
});

/** cos and sin of each token's angles, [N, 1, headDim / 2]; no gradient flows to them. */
export interface Rotation {
  readonly cos: tf.Tensor;
  readonly sin: tf.Tensor;
}

/**
 * Turns each pair (x[i], x[i + headDim / 2]) of x [N, heads, headDim] by its angle. The gradient is turned back: a
 * rotation's transpose is its inverse.
 */
export function rotate(x: tf.Tensor, { cos, sin }: Rotation): tf.Tensor {
  const turn = tf.customGrad((xIn, save) => {
    // Saved, not captured: the caller's tidy may dispose of them before the gradient runs.
    asSave(save)([cos, sin]);
    return {
      value: turned(asTensor(xIn), cos, sin),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [savedCos, savedSin] = pair(saved);
        return turned(dy, savedCos, tf.neg(savedSin));
      },
    };
  });
  return turn(x);
}

function turned(x: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor {
  const [N = 0, heads = 0, headDim = 0] = x.shape;
  const half = headDim / 2;
  const first = tf.slice(x, [0, 0, 0], [N, heads, half]);
  const second = tf.slice(x, [0, 0, half], [N, heads, half]);
  return tf.concat(
    [tf.sub(tf.mul(first, cos), tf.mul(second, sin)), tf.add(tf.mul(second, cos), tf.mul(first, sin))],
    2,
  );
}

/** [N, heads, headDim] -> [N, heads · times, headDim], each head `times` times in a row; gradients add up. */
export function repeatHeads(x: tf.Tensor, times: number): tf.Tensor {
  if (times === 1) return x;
  const [N = 0, heads = 0, headDim = 0] = x.shape;
  const repeat = tf.customGrad((xIn) => ({
    value: tf.reshape(tf.tile(tf.reshape(asTensor(xIn), [N, heads, 1, headDim]), [1, 1, times, 1]), [
      N,
      heads * times,
      headDim,
    ]),
    gradFunc: (dy: tf.Tensor) => tf.sum(tf.reshape(dy, [N, heads, times, headDim]), 2),
  }));
  return repeat(x);
}
