import * as tf from '@tensorflow/tfjs-core';
import type { CausalLm } from '../../models/causal-lm.ts';

/** Remembers a model's weights; the function that it returns puts them back. */
export function keepWeights({ params }: CausalLm): () => void {
  const kept = [...params.values()].map((variable) => ({
    variable,
    values: Float32Array.from(variable.dataSync()),
  }));
  return () => {
    for (const { variable, values } of kept) {
      const restored = tf.tensor(values, variable.shape, 'float32');
      variable.assign(restored);
      restored.dispose();
    }
  };
}
