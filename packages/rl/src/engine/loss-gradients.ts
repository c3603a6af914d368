// A loss with its gradients and with what it was made of.

import * as tf from '@tensorflow/tfjs-core';

/**
 * Like tf.variableGrads, and hands out other tensors of the forward pass too. The caller disposes, or calls inside a
 * tidy. `grads` are keyed by the variables' own names.
 */
export function lossGradients<Name extends string>(
  forward: () => { readonly loss: tf.Scalar; readonly kept: Readonly<Record<Name, tf.Tensor>> },
  params: readonly tf.Variable[],
): { loss: tf.Scalar; grads: tf.NamedTensorMap; kept: Record<Name, tf.Tensor> } {
  let inside: readonly (readonly [string, tf.Tensor])[] = [];
  const { value, grads } = tf.variableGrads(() => {
    const { loss, kept } = forward();
    inside = Object.entries<tf.Tensor>(kept).map(([name, tensor]) => [name, tf.keep(tf.clone(tensor))]);
    return loss;
  }, [...params]);
  const kept = Object.fromEntries(
    inside.map(([name, tensor]) => {
      const own = tf.clone(tensor);
      tensor.dispose();
      return [name, own];
    }),
  );
  // The same names as `forward` gave, which the compiler cannot follow through Object.entries.
  return { loss: value, grads, kept: kept as Record<Name, tf.Tensor> };
}
