// The operations that the models are made of: our fused kernels where the engine has them (wasm, cpu), else the same
// formulas composed of stock kernels.

import * as tf from '@tensorflow/tfjs-core';
import { asSave, asTensor, one, pair, triple } from './custom-grad.ts';
import { attentionGradKernel, attentionKernel } from './kernels/attention.ts';
import { geluGradKernel, geluKernel } from './kernels/gelu.ts';
import { hasFusedKernels } from './kernels/heap.ts';
import { layerNormGradKernel, layerNormKernel } from './kernels/layer-norm.ts';
import { swapLastTwoKernel } from './kernels/layout.ts';
import { linearKernel, productKernel, sumRowsKernel } from './kernels/linear.ts';
import {
  entropyGradKernel,
  entropyKernel,
  targetLogProbGradKernel,
  targetLogProbKernel,
} from './kernels/log-prob.ts';
import * as portable from './portable-ops.ts';

export { embed, softmax } from './portable-ops.ts';

/** a [.., M, K] · b [.., K, N] -> [.., M, N]; both of one rank, equal batch dimensions. */
export function matMul(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return hasFusedKernels() && a.rank === 2 ? fusedMatMul(a, b) : portable.matMul(a, b);
}

const fusedMatMul = tf.customGrad((aIn, bIn, save) => {
  const [a, b] = [asTensor(aIn), asTensor(bIn)];
  asSave(save)([a, b]);
  return {
    value: product(a, b),
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => productGradients(dy, ...pair(saved)),
  };
});

/** dA = dY · Bᵀ, dB = Aᵀ · dY. */
function productGradients(dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor): [tf.Tensor, tf.Tensor] {
  return [product(dy, swapped(b)), one(productKernel({ a, b: dy }, { transposeA: true }))];
}

function product(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return one(productKernel({ a, b }));
}

function swapped(x: tf.Tensor): tf.Tensor {
  return one(swapLastTwoKernel({ x }));
}

/** Swaps the last two axes, as a copy. */
export function swapLastTwo(x: tf.Tensor): tf.Tensor {
  return hasFusedKernels() ? fusedSwapLastTwo(x) : portable.swapLastTwo(x);
}

const fusedSwapLastTwo = tf.customGrad((x) => ({
  value: swapped(asTensor(x)),
  gradFunc: (dy: tf.Tensor) => swapped(dy),
}));

/** x [N, K] · weight [K, M] + bias [M] -> [N, M] (the layout of GPT-2's Conv1D). */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  return hasFusedKernels() ? fusedLinear(x, weight, bias) : portable.linear(x, weight, bias);
}

const fusedLinear = tf.customGrad((xIn, weightIn, biasIn, save) => {
  const [x, weight, bias] = [asTensor(xIn), asTensor(weightIn), asTensor(biasIn)];
  asSave(save)([x, weight]);
  return {
    value: one(linearKernel({ x, weight, bias })),
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [
      ...productGradients(dy, ...pair(saved)),
      one(sumRowsKernel({ dy })),
    ],
  };
});

/** y = (x - μ) / √(σ² + eps) · gain + bias over the last axis. */
export function layerNorm(x: tf.Tensor, gain: tf.Tensor, bias: tf.Tensor, eps: number): tf.Tensor {
  if (!hasFusedKernels()) return portable.layerNorm(x, gain, bias, eps);
  const normalise = tf.customGrad((xIn, gainIn, biasIn, save) => {
    const [input, scale] = [asTensor(xIn), asTensor(gainIn)];
    const outputs = layerNormKernel({ x: input, gain: scale, bias: asTensor(biasIn) }, { eps });
    const [y, mean, inverseStd] = triple(outputs);
    asSave(save)([input, scale, mean, inverseStd]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [savedX, savedGain] = pair(saved);
        const [savedMean, savedInverseStd] = pair(saved.slice(2));
        return layerNormGradKernel({
          dy,
          x: savedX,
          gain: savedGain,
          mean: savedMean,
          inverseStd: savedInverseStd,
        });
      },
    };
  });
  return normalise(x, gain, bias);
}

/** GPT-2's tanh form of GELU. */
export function gelu(x: tf.Tensor): tf.Tensor {
  return hasFusedKernels() ? fusedGelu(x) : portable.gelu(x);
}

const fusedGelu = tf.customGrad((xIn, save) => {
  const x = asTensor(xIn);
  const [y, tanh] = pair(geluKernel({ x }));
  asSave(save)([x, tanh]);
  return {
    value: y,
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [savedX, savedTanh] = pair(saved);
      return one(geluGradKernel({ dy, x: savedX, tanh: savedTanh }));
    },
  };
});

/** Causal self-attention: qkv [B·T, 3·D], mask [B, T] float, 1 = real token -> [B·T, D]. */
export function attention(qkv: tf.Tensor, mask: tf.Tensor, heads: number): tf.Tensor {
  if (!hasFusedKernels()) return portable.attention(qkv, mask, heads);
  const attend = tf.customGrad((qkvIn, save) => {
    const input = asTensor(qkvIn);
    const [out, probs] = pair(attentionKernel({ qkv: input, mask }, { heads }));
    asSave(save)([input, probs]);
    return {
      value: out,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [savedQkv, savedProbs] = pair(saved);
        return one(attentionGradKernel({ dy, qkv: savedQkv, probs: savedProbs }));
      },
    };
  });
  return attend(qkv);
}

/** log softmax(logits)[target] for each row: logits [N, V], targets [N] int32 -> [N]. */
export function targetLogProbs(logits: tf.Tensor2D, targets: tf.Tensor1D): tf.Tensor1D {
  if (targets.dtype !== 'int32') throw new Error(`Targets are int32 token ids, not ${targets.dtype}.`);
  if (!hasFusedKernels()) return portable.targetLogProbs(logits, targets);
  const pick = tf.customGrad((logitsIn, save) => {
    const input = asTensor(logitsIn);
    const [logProbs, logSum] = pair(targetLogProbKernel({ logits: input, targets }));
    asSave(save)([input, targets, logSum]);
    return {
      value: logProbs,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [savedLogits, savedTargets, savedLogSum] = triple(saved);
        return one(
          targetLogProbGradKernel({ dy, logits: savedLogits, targets: savedTargets, logSum: savedLogSum }),
        );
      },
    };
  });
  return tf.reshape(pick(logits), [targets.size]);
}

/** H = -Σ p log p of each row of logits [N, V] -> [N]. */
export function entropy(logits: tf.Tensor2D): tf.Tensor1D {
  if (!hasFusedKernels()) return portable.entropy(logits);
  return tf.reshape(fusedEntropy(logits), [logits.shape[0]]);
}

const fusedEntropy = tf.customGrad((logitsIn, save) => {
  const logits = asTensor(logitsIn);
  const [entropies, logSum] = pair(entropyKernel({ logits }));
  asSave(save)([logits, entropies, logSum]);
  return {
    value: entropies,
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [savedLogits, savedEntropy, savedLogSum] = triple(saved);
      return one(entropyGradKernel({ dy, logits: savedLogits, entropy: savedEntropy, logSum: savedLogSum }));
    },
  };
});
