// How a forward pass reaches a weight.

import type * as tf from '@tensorflow/tfjs-core';

/**
 * A weight by its Hugging Face name; Linear weights lie as [in, out]. Whoever runs a forward pass says where the
 * tensors are: variables, or the state of a recorded step.
 */
export type Weights = (name: string) => tf.Tensor;
