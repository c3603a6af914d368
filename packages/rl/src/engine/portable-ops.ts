// The operations that the models are made of, composed of stock kernels, each with its gradient in closed form.
//
// They run on any engine and are the reference for the fused kernels that ops.ts prefers. Plain autodiff would give
// the same numbers; these record fewer kernels, and never a transposed matMul, which is scalar code on wasm.

import * as tf from '@tensorflow/tfjs-core';
import { asSave, asTensor, one, pair, triple } from './custom-grad.ts';

/** a [.., M, K] · b [.., K, N] -> [.., M, N]; both of one rank, equal batch dimensions. */
export function matMul(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return matMulWithGradient(a, b);
}

const matMulWithGradient = tf.customGrad((a, b, save) => {
  const [left, right, keep] = [asTensor(a), asTensor(b), asSave(save)];
  keep([left, right]);
  return {
    value: tf.matMul(left, right),
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [savedA, savedB] = pair(saved);
      // dA = dY · Bᵀ, dB = Aᵀ · dY
      return [tf.matMul(dy, swapLastTwo(savedB)), tf.matMul(swapLastTwo(savedA), dy)];
    },
  };
});

/** Swaps the last two axes, as a copy. Differentiable. */
export function swapLastTwo(x: tf.Tensor): tf.Tensor {
  const axes = x.shape.map((_, i) => i);
  axes.splice(-2, 2, x.rank - 1, x.rank - 2);
  return tf.transpose(x, axes);
}

/** x [N, K] · weight [K, M] + bias [M] -> [N, M] (the layout of GPT-2's Conv1D). */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  return addToRows(matMul(x, weight), bias);
}

/** The bias's gradient, the sum of all rows, as a product: TensorFlow's sums along the first axis are slower. */
const addToRows = tf.customGrad((x, bias) => ({
  value: tf.add(asTensor(x), asTensor(bias)),
  gradFunc: (dy: tf.Tensor) => {
    const [rows, columns] = [dy.shape[0], dy.shape[1] ?? 0];
    return [tf.clone(dy), tf.reshape(tf.matMul(tf.ones([1, rows]), dy), [columns])];
  },
}));

/**
 * y = (x - μ) / √(σ² + eps) · gain + bias over the last axis.
 *
 * With x̂ the normalised input and dx̂ = dy · gain:
 *   dx = (dx̂ - mean(dx̂) - x̂ · mean(dx̂ · x̂)) / √(σ² + eps)
 */
export function layerNorm(x: tf.Tensor, gain: tf.Tensor, bias: tf.Tensor, eps: number): tf.Tensor {
  const normalise = tf.customGrad((xIn, gainIn, biasIn, save) => {
    const [input, scale, shift, keep] = [asTensor(xIn), asTensor(gainIn), asTensor(biasIn), asSave(save)];
    const centred = tf.sub(input, tf.mean(input, -1, true));
    const inverseStd = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), eps));
    const normalised = tf.mul(centred, inverseStd);
    keep([normalised, inverseStd, scale]);
    return {
      value: tf.add(tf.mul(normalised, scale), shift),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [xHat, rStd, g] = triple(saved);
        const leadingAxes = dy.shape.slice(0, -1).map((_, i) => i);
        const dxHat = tf.mul(dy, g);
        const projected = tf.mul(xHat, tf.mean(tf.mul(dxHat, xHat), -1, true));
        const dx = tf.mul(tf.sub(tf.sub(dxHat, tf.mean(dxHat, -1, true)), projected), rStd);
        return [dx, tf.sum(tf.mul(dy, xHat), leadingAxes), tf.sum(dy, leadingAxes)];
      },
    };
  });
  return normalise(x, gain, bias);
}

const GELU_SCALE = Math.sqrt(2 / Math.PI);
const GELU_CUBIC = 0.044715;

/**
 * GPT-2's tanh form, x/2 · (1 + tanh(u/2)) with u = 2·√(2/π) · (x + 0.044715 x³), as x · σ(u): it takes fewer kernels.
 * gelu'(x) = σ(u) + x · σ(u) · (1 - σ(u)) · 2·√(2/π) · (1 + 3 · 0.044715 x²)
 */
export function gelu(x: tf.Tensor): tf.Tensor {
  return geluWithGradient(x);
}

const geluWithGradient = tf.customGrad((xIn, save) => {
  const [x, keep] = [asTensor(xIn), asSave(save)];
  const square = tf.square(x);
  const gate = tf.sigmoid(tf.mul(x, tf.add(tf.mul(square, 2 * GELU_SCALE * GELU_CUBIC), 2 * GELU_SCALE)));
  const y = tf.mul(x, gate);
  keep([square, gate, y]);
  return {
    value: y,
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [savedSquare, savedGate, savedY] = triple(saved);
      const slope = tf.add(tf.mul(savedSquare, 6 * GELU_SCALE * GELU_CUBIC), 2 * GELU_SCALE);
      const bend = tf.mul(tf.mul(savedY, tf.sub(1, savedGate)), slope);
      return tf.mul(dy, tf.add(savedGate, bend));
    },
  };
});

/** softmax over the last axis; dx = y · (dy - Σ dy · y). */
export function softmax(x: tf.Tensor): tf.Tensor {
  return softmaxWithGradient(x);
}

const softmaxWithGradient = tf.customGrad((xIn, save) => {
  const [x, keep] = [asTensor(xIn), asSave(save)];
  const y = tf.softmax(x);
  keep([y]);
  return {
    value: y,
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const weighted = tf.mul(dy, one(saved));
      return tf.sub(weighted, tf.mul(one(saved), tf.sum(weighted, -1, true)));
    },
  };
});

/** Rows of `table` [V, D] at `ids` [N] int32 -> [N, D]; dtable adds the rows that share an id. */
export function embed(table: tf.Tensor, ids: tf.Tensor1D): tf.Tensor2D {
  const rows = table.shape[0];
  const lookUp = tf.customGrad((tableIn, save) => {
    // Saved, not captured: the caller's tidy may dispose of the ids before the gradient runs.
    asSave(save)([ids]);
    return {
      value: tf.gather(asTensor(tableIn), ids),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        tf.unsortedSegmentSum(dy, tf.reshape<tf.Rank.R1>(one(saved), [-1]), rows),
    };
  });
  return tf.reshape(lookUp(table), [ids.size, table.shape[1] ?? 0]);
}

/**
 * log softmax(logits)[target] for each row: logits [N, V], targets [N] int32 -> [N].
 * = z_y - max - log Σ exp(z - max); dz = (onehot(y) - softmax(z)) · dy.
 */
export function targetLogProbs(logits: tf.Tensor2D, targets: tf.Tensor1D): tf.Tensor1D {
  const vocabSize = logits.shape[1];
  const pick = tf.customGrad((logitsIn, save) => {
    const [z, keep] = [asTensor(logitsIn), asSave(save)];
    const shifted = tf.sub(z, tf.max(z, -1, true));
    const exps = tf.exp(shifted);
    const sums = tf.sum(exps, -1, true);
    const chosen = tf.oneHot(targets, vocabSize, 1, 0, 'float32');
    keep([tf.div(exps, sums), chosen]);
    return {
      value: tf.sub(tf.sum(tf.mul(shifted, chosen), -1), tf.reshape(tf.log(sums), [-1])),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [probs, oneHot] = pair(saved);
        return tf.mul(tf.sub(oneHot, probs), tf.reshape(dy, [-1, 1]));
      },
    };
  });
  return tf.reshape(pick(logits), [targets.size]);
}

/** Subtracted from masked scores: exp(-1e9) is 0, and two of them still do not overflow. */
const MASKED_SCORE = 1e9;

/**
 * Causal self-attention: qkv [B·T, 3·D] (q, k, v of every head side by side), mask [B, T] float, 1 = real -> [B·T, D].
 * A key counts where it is real and not later than the query.
 */
export function attention(qkv: tf.Tensor, mask: tf.Tensor, heads: number): tf.Tensor {
  const [B, T] = [mask.shape[0], mask.shape[1] ?? 0];
  const D = (qkv.shape[1] ?? 0) / 3;
  const headSize = D / heads;
  const perHead = tf.transpose(tf.reshape(qkv, [B, T, 3, heads, headSize]), [2, 0, 3, 1, 4]); // [3, B, H, T, hd]
  // Slices would each give a gradient of all three parts, mostly zeros, to be added up.
  const [query, key, value] = triple(tf.unstack(perHead)); // [B, H, T, hd]
  // Scaled before the product, and a positive mask subtracted: the other order meets a slow fused kernel of the
  // native engine.
  const scores = matMul(tf.mul(query, 1 / Math.sqrt(headSize)), swapLastTwo(key)); // [B, H, T, T]
  const weights = softmax(tf.sub(scores, hiddenScores(mask)));
  return tf.reshape(tf.transpose(matMul(weights, value), [0, 2, 1, 3]), [B * T, D]);
}

/** What to subtract from the scores: 0 where the key is visible to the query, else 1e9. [B, 1, T, T]. */
function hiddenScores(mask: tf.Tensor): tf.Tensor {
  const [B, T] = [mask.shape[0], mask.shape[1] ?? 0];
  const later = new Float32Array(T * T);
  for (let query = 0; query < T; query++) later.fill(MASKED_SCORE, query * T + query + 1, (query + 1) * T);
  const padding = tf.mul(tf.sub(1, tf.reshape(mask, [B, 1, 1, T])), MASKED_SCORE);
  return tf.maximum(padding, tf.tensor4d(later, [1, 1, T, T]));
}

/** H = log Σ exp(z) - Σ p z for each row: logits [N, V] -> [N]. */
export function entropy(logits: tf.Tensor2D): tf.Tensor1D {
  const logProbs = tf.logSoftmax(logits);
  return tf.neg(tf.sum(tf.mul(tf.exp(logProbs), logProbs), -1));
}
