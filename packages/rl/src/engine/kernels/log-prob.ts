// Log-probability of given tokens, and entropy, straight from logits.

import { fastExp } from './exp.ts';
import { defineKernel, required, type Heap } from './heap.ts';

/** logits [N, V], targets [N] -> log p(target) [N], log Σ exp [N]. */
export const targetLogProbKernel = defineKernel('TargetLogProb', (heap, inputs) => {
  const [logits, targets] = [required(inputs, 'logits'), required(inputs, 'targets')];
  const [N, V] = [logits.shape[0] ?? 0, logits.shape[1] ?? 0];
  const outputs = [heap.allocate([N]), heap.allocate([N])] as const;
  const [logProbs, logSums] = [heap.floats(outputs[0]), heap.floats(outputs[1])];
  const [z, ids] = [heap.floats(logits), heap.ints(targets)];
  for (let row = 0; row < N; row++) {
    const logSum = logSumExp(heap, z, row * V, V);
    logSums[row] = logSum;
    logProbs[row] = (z[row * V + (ids[row] ?? 0)] ?? NaN) - logSum;
  }
  return [...outputs];
});

/** dz = (onehot(target) - exp(z - log Σ exp)) · dy. */
export const targetLogProbGradKernel = defineKernel('TargetLogProbGrad', (heap, inputs) => {
  const [dyIn, logits] = [required(inputs, 'dy'), required(inputs, 'logits')];
  const [targets, logSum] = [required(inputs, 'targets'), required(inputs, 'logSum')];
  const [N, V] = [logits.shape[0] ?? 0, logits.shape[1] ?? 0];
  const output = heap.allocate(logits.shape);
  const [dz, dy, z] = [heap.floats(output), heap.floats(dyIn), heap.floats(logits)];
  const [ids, logSums] = [heap.ints(targets), heap.floats(logSum)];
  for (let row = 0; row < N; row++) {
    const at = row * V;
    const slope = dy[row] ?? 0;
    if (slope === 0) {
      // A masked token: most of a padded batch.
      dz.fill(0, at, at + V);
      continue;
    }
    const sum = logSums[row] ?? 0;
    heap.elementwise.scaledExp(z, dz, sum, -slope, at, at + V);
    const chosen = at + (ids[row] ?? 0);
    dz[chosen] = (dz[chosen] ?? 0) + slope;
  }
  return output;
});

/** logits [N, V] -> H = log Σ exp(z) - Σ p z [N], log Σ exp [N]. */
export const entropyKernel = defineKernel('Entropy', (heap, inputs) => {
  const logits = required(inputs, 'logits');
  const [N, V] = [logits.shape[0] ?? 0, logits.shape[1] ?? 0];
  const outputs = [heap.allocate([N]), heap.allocate([N])] as const;
  const [entropies, logSums, z] = [heap.floats(outputs[0]), heap.floats(outputs[1]), heap.floats(logits)];
  for (let row = 0; row < N; row++) {
    const logSum = logSumExp(heap, z, row * V, V);
    let mean = 0; // Σ p (z - log Σ exp): no cancellation of large logits
    for (let v = 0; v < V; v++) {
      const logProb = (z[row * V + v] ?? 0) - logSum;
      mean += fastExp(logProb) * logProb;
    }
    logSums[row] = logSum;
    entropies[row] = -mean;
  }
  return [...outputs];
});

/** dz = -p (log p + H) · dy. */
export const entropyGradKernel = defineKernel('EntropyGrad', (heap, inputs) => {
  const [dyIn, logits] = [required(inputs, 'dy'), required(inputs, 'logits')];
  const [entropy, logSum] = [required(inputs, 'entropy'), required(inputs, 'logSum')];
  const [N, V] = [logits.shape[0] ?? 0, logits.shape[1] ?? 0];
  const output = heap.allocate(logits.shape);
  const [dz, dy, z] = [heap.floats(output), heap.floats(dyIn), heap.floats(logits)];
  const [entropies, logSums] = [heap.floats(entropy), heap.floats(logSum)];
  for (let row = 0; row < N; row++) {
    for (let v = 0; v < V; v++) {
      const logProb = (z[row * V + v] ?? 0) - (logSums[row] ?? 0);
      dz[row * V + v] = -fastExp(logProb) * (logProb + (entropies[row] ?? 0)) * (dy[row] ?? 0);
    }
  }
  return output;
});

function logSumExp(heap: Heap, z: Float32Array, at: number, V: number): number {
  let max = -Infinity;
  for (let v = 0; v < V; v++) max = Math.max(max, z[at + v] ?? 0);
  return max + Math.log(heap.elementwise.sumExp(z, max, at, at + V));
}
