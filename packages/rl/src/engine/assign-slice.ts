// Writes a part of a state variable in place: what a cache of a thousand tokens takes in with one more.

import * as tf from '@tensorflow/tfjs-core';
import { graphDataType, DATA_TYPES } from './graph/addon.ts';
import type { GraphAttr, Update } from './update.ts';

export interface Slice {
  /** The axis that is cut; of every other axis the whole is written. */
  readonly axis: number;
  /** [2] int32: where the part begins, and where it ends. */
  readonly range: tf.Tensor1D;
  /**
   * Something that the step computes from the variable as it was. The write waits for it: while the old value is still
   * read, TensorFlow would copy the whole variable to change a part.
   */
  readonly after: tf.Tensor;
}

/** `variable` takes `value` at the part that `slice` says. */
export function assignSlice(variable: tf.Variable, value: tf.Tensor, slice: Slice): Update {
  const { axis, range, after } = slice;
  if (variable.rank !== value.rank || variable.dtype !== value.dtype) {
    throw new Error(
      `A part of ${variable.name} has its rank and type, not rank ${value.rank} ${value.dtype}.`,
    );
  }
  const inPlace = (i: number): tf.Tensor =>
    tf.pad(tf.slice(range, [i], [1]), [[axis, variable.rank - 1 - axis]]); // [rank]
  const [begin, end] = [inPlace(0), inPlace(1)];
  const steps = tf.tensor1d(new Array<number>(variable.rank).fill(1), 'int32');
  return {
    apply: () => {
      const [from = 0, to = 0] = range.dataSync<'int32'>();
      const part = (start: number, stop: number): tf.Tensor => {
        const size = [...variable.shape];
        size[axis] = stop - start;
        return tf.slice(
          variable,
          size.map((_, i) => (i === axis ? start : 0)),
          size,
        );
      };
      const length = variable.shape[axis] ?? 0;
      variable.assign(tf.concat([part(0, from), value, part(to, length)], axis));
    },
    record: (graph) => {
      const int = (number: number): GraphAttr => ({ kind: 'int', value: number });
      // A bit for each axis that is written whole.
      const whole = int(2 ** variable.rank - 1 - 2 ** axis);
      const order = `^${graph.ref(after).split(':')[0] ?? ''}`;
      graph.write(
        [variable],
        'ResourceStridedSliceAssign',
        [graph.handle(variable), ...[begin, end, steps, value].map((tensor) => graph.ref(tensor)), order],
        {
          T: { kind: 'type', value: DATA_TYPES[graphDataType(value.dtype)] },
          Index: { kind: 'type', value: DATA_TYPES.int32 },
          begin_mask: whole,
          end_mask: whole,
          ellipsis_mask: int(0),
          new_axis_mask: int(0),
          shrink_axis_mask: int(0),
        },
      );
    },
  };
}
