// The rows of a batch in blocks that TensorFlow computes side by side.
//
// TensorFlow can use its threads in two ways: several within one operation, or one for each of several operations that
// do not wait for each other. A small training step has some 1,500 operations of 10 to 50 microseconds. Shared within,
// each is handed over and waited for (1,270 context switches a step were counted), which costs as much as the
// arithmetic. So each operation gets one thread, and a forward pass is made of blocks of rows: independent chains, whose
// gradients are independent too. A wide model (native/load.ts) keeps its threads within operations. Figures in LOG.md.

import * as tf from '@tensorflow/tfjs-core';

const MAX_BLOCKS = 16;
/** Below, operations cost more than what they compute. */
const MIN_TOKENS = 256;

let mostBlocks = 1;

/** For the engine that was started: how many operations it runs at a time. 1 leaves batches whole. */
export function shareRowsAmong(threads: number): void {
  mostBlocks = Math.min(MAX_BLOCKS, threads);
}

/**
 * `run` of every block of rows, one after another again: inputs [B, T] -> [B · T, D] or any other shape whose first
 * axis is in the order of the rows.
 */
export function inRowBlocks(
  inputs: readonly tf.Tensor2D[],
  run: (...blocks: tf.Tensor2D[]) => tf.Tensor,
): tf.Tensor {
  const [rows, tokens] = inputs[0]?.shape ?? [0, 0];
  const count = Math.min(mostBlocks, rows, Math.floor((rows * tokens) / MIN_TOKENS));
  if (count <= 1) return run(...inputs);
  // Cut where i / count of the rows end: sizes differ by one at most.
  const cuts = Array.from({ length: count + 1 }, (_, i) => Math.round((i * rows) / count));
  const blocks = cuts.slice(1).map((end, i) => {
    const begin = cuts[i] ?? 0;
    return run(...inputs.map((input) => tf.slice(input, [begin, 0], [end - begin, input.shape[1]])));
  });
  return tf.concat(blocks, 0);
}
