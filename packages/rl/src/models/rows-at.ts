// Which tokens the last layer is computed for.
//
// A reward model reads one state of each sequence, an output's log-probabilities those of the output. Other tokens
// matter to these through attention alone: after the last one's they need neither projection nor MLP, three quarters of
// a layer's weights.

import * as tf from '@tensorflow/tfjs-core';
import { embed } from '../engine/ops.ts';

/** x [B · T, D] -> the rows of the tokens at `columns` [B, N] int32 of their sequences [B · N, D]; of null, all. */
export function rowsAt(x: tf.Tensor, columns: tf.Tensor2D | null, tokens: number): tf.Tensor {
  if (columns === null) return x;
  const [B] = columns.shape;
  const firstRows = Int32Array.from({ length: B }, (_, b) => b * tokens);
  const rows = tf.add(columns, tf.tensor2d(firstRows, [B, 1], 'int32'));
  return embed(x, tf.reshape(rows, [columns.size]));
}
