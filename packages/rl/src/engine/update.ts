// How a step says what becomes of the state: values that the program applies after the step's own operations, on
// any engine. A step itself changes nothing.

import type * as tf from '@tensorflow/tfjs-core';

/** What an update may write into a recorded graph. Nodes are named by strings; "node:1" is a second output. */
export interface GraphWriter {
  /** The node that holds a tensor of the step. */
  ref(tensor: tf.Tensor): string;
  /** A float32 scalar. */
  constant(value: number): string;
  /** The value of a state variable as the step found it. */
  read(variable: tf.Variable): string;
  /** The state variable itself, for operations that work in place. */
  handle(variable: tf.Variable): string;
  add(op: string, inputs: readonly string[], attrs: Readonly<Record<string, GraphAttr>>): string;
  /** An operation that changes `variables`; it waits for the reads of the step and for earlier writes. */
  write(
    variables: readonly tf.Variable[],
    op: string,
    inputs: readonly string[],
    attrs: Readonly<Record<string, GraphAttr>>,
  ): void;
}

export type GraphAttr =
  | { readonly kind: 'int' | 'float' | 'type'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean };

export const FLOAT: GraphAttr = { kind: 'type', value: 1 };

export interface Update {
  /** On engines that run steps eagerly. */
  apply(): void;
  /** On engines that record them. */
  record(graph: GraphWriter): void;
}

/** The variable takes the tensor's value; shape and type have to agree. */
export function assign(variable: tf.Variable, value: tf.Tensor): Update {
  if (variable.shape.join() !== value.shape.join() || variable.dtype !== value.dtype) {
    throw new Error(
      `${variable.name} is ${variable.dtype} [${variable.shape.join(', ')}]; it cannot take ${value.dtype} [${value.shape.join(', ')}].`,
    );
  }
  return {
    apply: () => variable.assign(value),
    record: (graph) => {
      const dtype: GraphAttr = {
        kind: 'type',
        value: value.dtype === 'float32' ? 1 : value.dtype === 'int32' ? 3 : 10,
      };
      graph.write([variable], 'AssignVariableOp', [graph.handle(variable), graph.ref(value)], { dtype });
    },
  };
}
