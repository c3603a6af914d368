// Steps as they stand, operation by operation: the way of wasm and cpu, and the reference for recorded ones.

import * as tf from '@tensorflow/tfjs-core';
import type { HostArray } from './host-array.ts';
import type { Runner, State, StepDefinition } from './step.ts';

export class EagerRunner implements Runner {
  #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  run(step: StepDefinition, inputs: Readonly<Record<string, HostArray>>): Record<string, HostArray> {
    return inTidy(() => {
      const { outputs, updates = [] } = step.run(this.#state, toTensors(inputs));
      // Read before the updates: an output may share its data with a variable.
      const arrays = Object.entries(outputs).map(([name, tensor]) => [name, toArray(name, tensor)] as const);
      for (const update of updates) update.apply();
      return Object.fromEntries(arrays);
    });
  }

  addState(more: State): void {
    this.#state = { ...this.#state, ...more };
  }

  prepare(): void {
    // There is nothing to record.
  }

  dispose(): void {
    // The variables are the caller's.
  }
}

/** Like tf.tidy, for work that gives back something else than tensors. */
export function inTidy<Result>(work: () => Result): Result {
  const engine = tf.engine();
  engine.startScope();
  try {
    return work();
  } finally {
    engine.endScope();
  }
}

/** The caller disposes, or calls inside a tidy. */
export function toTensors(inputs: Readonly<Record<string, HostArray>>): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { values, shape }]) => [
      name,
      // A copy: the cpu engine would go on using the caller's array.
      tf.tensor(values.slice(), [...shape], values instanceof Float32Array ? 'float32' : 'int32'),
    ]),
  );
}

function toArray(name: string, tensor: tf.Tensor): HostArray {
  // Copies, and conversions: the cpu engine leaves the bytes of booleans in tensors that were cast to numbers.
  if (tensor.dtype === 'float32') {
    return { values: new Float32Array(tensor.dataSync<'float32'>()), shape: tensor.shape };
  }
  if (tensor.dtype === 'int32') {
    return { values: new Int32Array(tensor.dataSync<'int32'>()), shape: tensor.shape };
  }
  throw new Error(`The output ${name} is ${tensor.dtype}; a step gives out float32 and int32.`);
}
