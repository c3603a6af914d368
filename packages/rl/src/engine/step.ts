// What a step of a program is, and what runs one.

import type * as tf from '@tensorflow/tfjs-core';
import type { HostArray } from './host-array.ts';
import type { Update } from './update.ts';

/** State variables by their name in the program. What stands before the first "/" is moved together. */
export type State = Readonly<Record<string, tf.Variable>>;

export interface StepResult<Outputs> {
  readonly outputs: Outputs;
  /** Applied in order, after everything that the step computes. */
  readonly updates?: readonly Update[];
}

/**
 * What a step computes. On native TensorFlow it runs only while it is recorded: it must not read tensors' values, keep
 * tensors, or depend on anything that changes besides `state` and `inputs`.
 */
export type StepFunction<Inputs, Outputs> = (state: State, inputs: Inputs) => StepResult<Outputs>;

/** A step without its types, as the runners know it. */
export interface StepDefinition {
  readonly name: string;
  readonly run: StepFunction<Readonly<Record<string, tf.Tensor>>, Readonly<Record<string, tf.Tensor>>>;
}

/** One way to run steps. */
export interface Runner {
  addState(more: State): void;
  run(step: StepDefinition, inputs: Readonly<Record<string, HostArray>>): Record<string, HostArray>;
  prepare(step: StepDefinition, inputs: Readonly<Record<string, HostArray>>): void;
  dispose(): void;
}
