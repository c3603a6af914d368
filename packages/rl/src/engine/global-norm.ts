// The norm of a list of gradients taken as one vector.

import * as tf from '@tensorflow/tfjs-core';
import { one } from './custom-grad.ts';
import { DATA_TYPES, nativeBackend } from './graph/addon.ts';
import { sumSquaresKernel } from './kernels/adamw.ts';
import { hasFusedKernels } from './kernels/heap.ts';

/** √ Σ g² over all tensors, summed in float64 from float32 partial sums. */
export function globalNorm(grads: readonly tf.Tensor[]): number {
  let total = 0;
  for (const grad of grads) {
    const square = tf.tidy(() => sumSquares(grad));
    total += square.dataSync()[0] ?? 0;
    square.dispose();
  }
  return Math.sqrt(total);
}

/** The same as a scalar tensor, without reading anything. The caller disposes, or calls inside a tidy. */
export function normTensor(grads: readonly tf.Tensor[]): tf.Tensor {
  return tf.tidy(() => tf.sqrt(tf.addN(grads.map((grad) => tf.reshape(sumSquares(grad), [])))));
}

/** Σ g², a single number. */
function sumSquares(grad: tf.Tensor): tf.Tensor {
  if (hasFusedKernels()) return one(sumSquaresKernel({ x: grad }));
  const native = nativeBackend();
  if (native === null) return tf.sum(tf.square(grad));
  // TensorFlow's own ½ Σ g²: one pass without an intermediate tensor.
  const type = { name: 'T', type: native.binding.TF_ATTR_TYPE, value: DATA_TYPES.float32 };
  return tf.mul(native.executeSingleOutput('L2Loss', [type], [grad]), 2);
}
