// Steps as recorded graphs: all of a program's recordings live in one graph and one session, because variables are
// not shared between sessions. A new combination of input shapes is recorded and the session opened anew, the state
// moving along inside TensorFlow.

import type * as tf from '@tensorflow/tfjs-core';
import { inTidy, toTensors } from '../eager-runner.ts';
import type { HostArray } from '../host-array.ts';
import type { Runner, State, StepDefinition } from '../step.ts';
import type { GraphWriter, Update } from '../update.ts';
import { DATA_TYPES, graphDataType, type AddonTensor, type Binding, type NativeBackend } from './addon.ts';
import { hooksInto, type BackendHooks } from './backend-hooks.ts';
import { assertSameGraph, otherInputs, zerosLike } from './check-recordings.ts';
import { Recording, type FinishedRecording } from './recording.ts';
import { StateInSession } from './state-in-session.ts';

/** A step for one combination of input shapes. */
interface RecordedStep extends FinishedRecording {
  readonly step: string;
  /** Of its nodes' names. */
  readonly prefix: string;
  /** Node to feed, by input. */
  readonly feeds: Readonly<Record<string, string>>;
  /** Node to fetch, by output, in the order of fetching. */
  readonly fetches: readonly (readonly [name: string, node: string])[];
}

/** Combinations of steps and shapes that a graph holds at once. */
const RECORDINGS_KEPT = 48;

export class RecordedRunner implements Runner {
  readonly #binding: Binding;
  readonly #hooks: BackendHooks;
  #state: State;
  readonly #session: StateInSession;
  /** By step and shapes, least recently used first. */
  readonly #recorded = new Map<string, RecordedStep>();
  /** Recordings ever made; numbers their nodes. */
  #count = 0;

  constructor(backend: NativeBackend, state: State) {
    this.#binding = backend.binding;
    this.#hooks = hooksInto(backend);
    this.#state = state;
    this.#session = new StateInSession(this.#hooks, state);
  }

  run(step: StepDefinition, inputs: Readonly<Record<string, HostArray>>): Record<string, HostArray> {
    const recorded = this.#find(step, inputs);
    this.#session.open([...this.#recorded.values()]);
    this.#session.beforeWrite(recorded.written);
    const feeds: (readonly [node: string, id: number])[] = [];
    const results: AddonTensor[] = [];
    try {
      for (const [name, node] of Object.entries(recorded.feeds)) {
        const array = inputs[name];
        if (array === undefined) throw new Error(`The step "${step.name}" needs the input ${name}.`);
        const dtype = array.values instanceof Float32Array ? DATA_TYPES.float32 : DATA_TYPES.int32;
        feeds.push([node, this.#binding.createTensor(array.shape, dtype, array.values)]);
      }
      results.push(
        ...this.#runInSession(feeds, recorded, () => this.#sourcesOf(step, inputs, recorded.prefix)),
      );
      return Object.fromEntries(
        results.map(({ id, shape }, i) => {
          const name = recorded.fetches[i]?.[0] ?? '';
          const values = this.#binding.tensorDataSync(id);
          if (values instanceof Float32Array || values instanceof Int32Array)
            return [name, { values, shape }];
          throw new Error(`The output ${name} of "${step.name}" is neither float32 nor int32.`);
        }),
      );
    } finally {
      // However it ended: nobody else knows these handles.
      for (const [, id] of feeds) this.#binding.deleteTensor(id);
      for (const { id } of results) this.#binding.deleteTensor(id);
    }
  }

  addState(more: State): void {
    this.#session.add(more);
    this.#state = { ...this.#state, ...more };
  }

  prepare(step: StepDefinition, inputs: Readonly<Record<string, HostArray>>): void {
    this.#find(step, inputs);
  }

  dispose(): void {
    this.#session.dispose();
    this.#recorded.clear();
  }

  #runInSession(
    feeds: readonly (readonly [string, number])[],
    recorded: RecordedStep,
    findSources: () => FinishedRecording['sources'],
  ): AddonTensor[] {
    try {
      return this.#session.run(
        feeds,
        recorded.fetches.map(([, node]) => node),
      );
    } catch (error) {
      throw explain(error, recorded.step, findSources());
    } finally {
      this.#session.afterWrite(recorded.written);
    }
  }

  #find(step: StepDefinition, inputs: Readonly<Record<string, HostArray>>): RecordedStep {
    const key = `${step.name} ${signatureOf(inputs)}`;
    let recorded = this.#recorded.get(key);
    if (recorded === undefined) {
      this.#session.watch();
      recorded = this.#recordTwice(step, inputs);
      this.#session.markStale();
      this.#forgetOldest();
    }
    this.#recorded.delete(key);
    this.#recorded.set(key, recorded);
    return recorded;
  }

  /** Shapes that have not come for long make room; should they come again, they are recorded again. */
  #forgetOldest(): void {
    for (const key of this.#recorded.keys()) {
      if (this.#recorded.size < RECORDINGS_KEPT) return;
      this.#recorded.delete(key);
    }
  }

  #recordTwice(step: StepDefinition, inputs: Readonly<Record<string, HostArray>>): RecordedStep {
    const prefix = `${step.name}_${this.#count++}`;
    const first = this.#record(step, inputs, prefix);
    const second = this.#record(step, otherInputs(inputs), prefix);
    assertSameGraph(
      step.name,
      [first, second],
      (node) => this.#sourcesOf(step, inputs, prefix).get(node) ?? 'an unknown line',
    );
    return first;
  }

  /** The lines that made the nodes, for a message: recorded once more, because lines cost too much to be noted always. */
  #sourcesOf(
    step: StepDefinition,
    inputs: Readonly<Record<string, HostArray>>,
    prefix: string,
  ): FinishedRecording['sources'] {
    try {
      return this.#record(step, zerosLike(inputs), prefix, { notesSources: true }).sources;
    } catch {
      // What went wrong before says more.
      return new Map();
    } finally {
      this.#session.dropCopies();
    }
  }

  #record(
    step: StepDefinition,
    inputs: Readonly<Record<string, HostArray>>,
    prefix: string,
    options = { notesSources: false },
  ): RecordedStep {
    const recording = new Recording(this.#binding, prefix, options);
    return inTidy(() => {
      const tensors = toTensors(inputs);
      const feeds = Object.fromEntries(
        Object.entries(tensors).map(([name, tensor]) => [name, recording.input(name, tensor)]),
      );
      return this.#hooks.record(recording, this.#session, () => {
        const { outputs, updates = [] } = step.run(this.#state, tensors);
        const results = Object.entries(outputs).map(
          ([name, tensor]) =>
            [name, this.#ref(recording, tensor), DATA_TYPES[graphDataType(tensor.dtype)]] as const,
        );
        this.#recordUpdates(recording, updates);
        const fetches = results.map(([name, ref, dtype]) => [name, recording.output(ref, dtype)] as const);
        const waits = [['', recording.output(null, DATA_TYPES.float32)] as const];
        return {
          step: step.name,
          prefix,
          feeds,
          fetches: fetches.length === 0 ? waits : fetches,
          ...recording.finish(),
        };
      });
    });
  }

  #ref(recording: Recording, tensor: tf.TensorInfo): string {
    return recording.ref(tensor, (dataId) => this.#hooks.stateOf(dataId));
  }

  #recordUpdates(recording: Recording, updates: readonly Update[]): void {
    const writer: GraphWriter = {
      ref: (tensor) => this.#ref(recording, tensor),
      constant: (value) => recording.constant(value),
      read: (variable) => recording.read(this.#session.handleOf(variable)),
      handle: (variable) => this.#session.handleOf(variable).node,
      add: (op, inputs, attrs) => recording.add(op, inputs, attrs),
      write: (variables, op, inputs, attrs) =>
        recording.write(
          variables.map((variable) => this.#session.handleOf(variable)),
          op,
          inputs,
          attrs,
        ),
    };
    for (const update of updates) update.record(writer);
  }
}

function signatureOf(inputs: Readonly<Record<string, HostArray>>): string {
  return Object.entries(inputs)
    .map(
      ([name, { values, shape }]) => `${name}:${values instanceof Float32Array ? 'f' : 'i'}[${shape.join()}]`,
    )
    .sort()
    .join(' ');
}

/** TensorFlow names nodes; a person knows lines. */
function explain(error: unknown, step: string, sources: FinishedRecording['sources']): Error {
  const text = error instanceof Error ? error.message : String(error);
  const nodes = [...text.matchAll(/\{\{node ([^}]+)\}\}/g)].map((match) => match[1] ?? '');
  const line = nodes.map((node) => sources.get(node)).find((source) => source !== undefined);
  const where = line === undefined ? '' : ` at ${line}`;
  return new Error(`The step "${step}" failed${where}: ${text}`, { cause: error });
}
