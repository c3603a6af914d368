// A program: one owner of a model's state, and the named steps that read and write it.
//
// A step is a plain TF.js function of (state, inputs). On native TensorFlow all steps of a program are recorded into
// one graph with one session, and a call crosses from JavaScript to TensorFlow once instead of a thousand times. On
// wasm and cpu the same function runs as it stands, which makes it the reference in tests.
//
// State is made of ordinary tf.Variables. They can be read and assigned from outside at any time; whichever side wrote
// last is what the other sees.

import * as tf from '@tensorflow/tfjs-core';
import { nativeBackend } from './graph/addon.ts';
import { RecordedRunner } from './graph/recorded-runner.ts';
import { EagerRunner } from './eager-runner.ts';
import type { HostArray } from './host-array.ts';
import type { UsualShape } from './padded-size.ts';
import type { Runner, State, StepDefinition, StepFunction } from './step.ts';

export type { State, StepFunction } from './step.ts';

type Arrays<Tensors> = { readonly [Name in keyof Tensors]: HostArray };

export interface Step<Inputs, Outputs> {
  readonly name: string;
  /** Runs the step on inputs of any shapes; a new combination of shapes is recorded first. Blocks until it is done. */
  run(inputs: Arrays<Inputs>): Arrays<Outputs>;
  /** Records for these shapes without running. Shapes prepared together share one opening of the session. */
  prepare(inputs: Arrays<Inputs>): void;
}

export interface ProgramOptions {
  readonly state: State;
  /** 'eager' runs steps as they stand on every engine; by default native TensorFlow records them. */
  readonly mode?: 'auto' | 'eager';
}

export class Program {
  /** Whether steps are recorded; then every new combination of input shapes costs a recording. */
  readonly isRecorded: boolean;
  /** What smaller batches are padded to, where that costs less than another recording; null where it does not. */
  usual: UsualShape | null = null;
  readonly #runner: Runner;
  readonly #stepNames = new Set<string>();
  #state: State;

  /** The variables stay the caller's to dispose of, after the program. */
  constructor({ state, mode = 'auto' }: ProgramOptions) {
    this.#state = state;
    const backend = mode === 'auto' ? nativeBackend() : null;
    this.isRecorded = backend !== null;
    this.#runner = backend === null ? new EagerRunner(state) : new RecordedRunner(backend, state);
  }

  get state(): State {
    return this.#state;
  }

  /** More state, such as the moments of an optimiser. Steps see it from their next run. */
  addState(more: State): void {
    const twice = Object.keys(more).find((name) => name in this.#state);
    if (twice !== undefined) throw new Error(`The program has a state "${twice}" already.`);
    this.#runner.addState(more);
    this.#state = { ...this.#state, ...more };
  }

  step<
    Inputs extends Readonly<Record<keyof Inputs, tf.Tensor>>,
    Outputs extends Readonly<Record<keyof Outputs, tf.Tensor>>,
  >(name: string, run: StepFunction<Inputs, Outputs>): Step<Inputs, Outputs> {
    if (!/^\w+$/.test(name)) throw new Error(`A step's name is letters, digits and "_", not "${name}".`);
    if (this.#stepNames.has(name)) throw new Error(`The program has a step "${name}" already.`);
    this.#stepNames.add(name);
    // The runners make a tensor of each array by its own name, and an array of each tensor: the records have the same
    // keys, which the compiler cannot follow through Object.entries. Ranks are checked by the operations.
    const definition = { name, run } as unknown as StepDefinition;
    return {
      name,
      run: (inputs) => this.#runner.run(definition, inputs) as Arrays<Outputs>,
      prepare: (inputs) => this.#runner.prepare(definition, inputs),
    };
  }

  /** A copy of a state's value. */
  read(name: string): HostArray {
    const variable = this.#variable(name);
    const values = variable.dataSync();
    if (!(values instanceof Float32Array) && !(values instanceof Int32Array)) {
      throw new Error(`The state ${name} is ${variable.dtype}, which cannot be read as numbers.`);
    }
    return { values: values.slice(), shape: variable.shape };
  }

  write(name: string, array: HostArray): void {
    const variable = this.#variable(name);
    if (variable.shape.join() !== array.shape.join()) {
      throw new Error(
        `The state ${name} has shape [${variable.shape.join(', ')}], not [${array.shape.join(', ')}].`,
      );
    }
    const value = tf.tensor(
      array.values.slice(),
      [...array.shape],
      array.values instanceof Float32Array ? 'float32' : 'int32',
    );
    variable.assign(value);
    value.dispose();
  }

  /** Takes over the values of another program's state of the same names, or of those given. */
  copyFrom(other: Program, names: readonly string[] = Object.keys(other.#state)): void {
    for (const name of names) {
      const source = other.#variable(name);
      this.#variable(name).assign(source);
    }
  }

  /** Ends the program; its variables hold the last values. */
  dispose(): void {
    this.#runner.dispose();
  }

  #variable(name: string): tf.Variable {
    const variable = this.#state[name];
    if (variable === undefined) throw new Error(`The program has no state "${name}".`);
    return variable;
  }
}
