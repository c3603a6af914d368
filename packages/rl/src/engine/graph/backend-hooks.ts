// What recording and state in sessions need to hear from tfjs-node's backend: operations as they run, values that
// come from JavaScript, and every look at a state variable whose newest value is in a session.

import type * as tf from '@tensorflow/tfjs-core';
import type { DataId, NativeBackend, OpAttr } from './addon.ts';
import { registerRecordableKernels } from './recordable-kernels.ts';
import type { Recording, StateHandle } from './recording.ts';
import { sourceLine } from './source-line.ts';

/** A variable's data that lives in a session. */
export interface SessionData {
  /** Brings the value into an ordinary tensor, if it is not there. */
  fetch(): void;
  readonly handle: StateHandle;
  readonly program: object;
}

/** TF.js nests dozens of frames between a line of ours and the backend. */
const STACK_FRAMES = 60;

export class BackendHooks {
  readonly backend: NativeBackend;
  /** State variables by their present data. */
  readonly sessionData = new WeakMap<DataId, SessionData>();
  #recording: { readonly to: Recording; readonly program: object } | null = null;

  constructor(backend: NativeBackend) {
    this.backend = backend;
    registerRecordableKernels();
    this.#hookOperations();
    this.#hookValues();
  }

  /** Runs `work`, writing every operation down. */
  record<T>(to: Recording, program: object, work: () => T): T {
    if (this.#recording !== null)
      throw new Error('A step was run inside another step that is being recorded.');
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = STACK_FRAMES;
    this.#recording = { to, program };
    try {
      return work();
    } catch (error) {
      throw withLine(error);
    } finally {
      this.#recording = null;
      Error.stackTraceLimit = stackTraceLimit;
    }
  }

  get isRecording(): boolean {
    return this.#recording !== null;
  }

  /** The state behind a tensor, if it belongs to the program that is being recorded. */
  stateOf(dataId: DataId): StateHandle | undefined {
    const data = this.sessionData.get(dataId);
    if (data === undefined || this.#recording === null) return undefined;
    if (data.program === this.#recording.program) return data.handle;
    return this.#recording.to.fail(
      `A recorded step uses ${data.handle.name} of another program, at ${sourceLine()}: copy it into this one.`,
    );
  }

  #hookOperations(): void {
    const { backend } = this;
    const executeSingle = backend.executeSingleOutput.bind(backend);
    const executeMultiple = backend.executeMultipleOutputs.bind(backend);
    const run = <T>(
      op: string,
      attrs: readonly OpAttr[],
      inputs: readonly tf.TensorInfo[],
      execute: () => T,
      outputsOf: (result: T) => readonly tf.TensorInfo[],
    ): T => {
      const to = this.#recording?.to;
      if (to === undefined) return execute();
      // Named before it runs: running hands values over and forgets them.
      const resolved = inputs.map((input) => to.ref(input, (dataId) => this.stateOf(dataId)));
      const result = execute();
      to.addOperation(op, attrs, resolved, outputsOf(result));
      return result;
    };
    backend.executeSingleOutput = (op, attrs, inputs) =>
      run(
        op,
        attrs,
        inputs,
        () => executeSingle(op, attrs, inputs),
        (output) => [output],
      );
    backend.executeMultipleOutputs = (op, attrs, inputs, count) =>
      run(
        op,
        attrs,
        inputs,
        () => executeMultiple(op, attrs, inputs, count),
        (outputs) => outputs,
      );
  }

  #hookValues(): void {
    const { backend } = this;
    const inputTensorIds = backend.getInputTensorIds.bind(backend);
    const write = backend.write.bind(backend);
    const readSync = backend.readSync.bind(backend);
    backend.getInputTensorIds = (tensors) => {
      for (const { dataId } of tensors) this.sessionData.get(dataId)?.fetch();
      return inputTensorIds(tensors);
    };
    backend.write = (values, shape, dtype) => {
      const dataId = write(values, shape, dtype);
      this.#recording?.to.noteHostValue(dataId, values, shape, dtype);
      return dataId;
    };
    backend.readSync = (dataId) => {
      const to = this.#recording?.to;
      if (to !== undefined && !to.hasHostValue(dataId)) {
        to.fail(
          `A tensor’s value is read inside a recorded step, at ${sourceLine()}: it would be frozen into the graph. ` +
            'Return the tensor as an output and read it after the run.',
        );
      }
      this.sessionData.get(dataId)?.fetch();
      return readSync(dataId);
    };
    // Not async: a refusal has to be heard at once, not by whoever awaits.
    backend.read = (dataId) => Promise.resolve(backend.readSync(dataId));
  }
}

/** What TF.js or TensorFlow throws names shapes and values; a person looks for the line. */
function withLine(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const line = sourceLine(error.stack);
  if (error.message.includes(line)) return error;
  return new Error(`It failed while it was recorded, at ${line}: ${error.message}`, { cause: error });
}

const hooksOf = new WeakMap<NativeBackend, BackendHooks>();

/** The hooks of a backend, put in place at the first call. */
export function hooksInto(backend: NativeBackend): BackendHooks {
  const known = hooksOf.get(backend);
  if (known !== undefined) return known;
  const hooks = new BackendHooks(backend);
  hooksOf.set(backend, hooks);
  return hooks;
}
