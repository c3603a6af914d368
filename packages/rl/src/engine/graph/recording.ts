// One step written down as graph nodes while TF.js runs it.

import type * as tf from '@tensorflow/tfjs-core';
import { DATA_TYPES, graphDataType, type Binding, type DataId, type OpAttr } from './addon.ts';
import { attrValueOf, constantValue, type AttrValue, type GraphNode } from './graph-def.ts';
import { sourceLine } from './source-line.ts';

/** A state variable as a recording sees it. */
export interface StateHandle {
  /** Of the VarHandleOp. */
  readonly node: string;
  /** For messages. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: number;
}

interface HostValue {
  readonly values: ArrayBufferView;
  readonly shape: readonly number[];
  readonly dtype: number;
}

export interface FinishedRecording {
  readonly nodes: readonly GraphNode[];
  /** Where each node was asked for; empty unless that was to be noted. */
  readonly sources: ReadonlyMap<string, string>;
  /** Bytes of the constants. */
  readonly constantBytes: number;
  /** The state that the step writes. */
  readonly written: readonly StateHandle[];
}

export class Recording {
  readonly #binding: Binding;
  readonly #prefix: string;
  readonly #notesSources: boolean;
  readonly #nodes: GraphNode[] = [];
  readonly #sources = new Map<string, string>();
  readonly #refs = new WeakMap<DataId, string>();
  readonly #hostValues = new WeakMap<DataId, HostValue>();
  readonly #constants = new Map<string, string>();
  readonly #reads = new Map<StateHandle, string>();
  readonly #lastWrite = new Map<StateHandle, string>();
  #constantBytes = 0;
  #failure: Error | null = null;

  /**
   * @param prefix of the names of all nodes, unique in the program
   * @param options.notesSources a stack trace for every node takes longer than all the rest of a recording
   */
  constructor(binding: Binding, prefix: string, { notesSources }: { readonly notesSources: boolean }) {
    this.#binding = binding;
    this.#prefix = prefix;
    this.#notesSources = notesSources;
  }

  /** Declares a tensor to be fed; returns the name to feed it by. */
  input(name: string, tensor: tf.TensorInfo): string {
    const node = this.add('Placeholder', [], {
      dtype: { kind: 'type', value: DATA_TYPES[graphDataType(tensor.dtype)] },
      shape: { kind: 'shape', value: tensor.shape },
    });
    this.#refs.set(tensor.dataId, node);
    this.#sources.set(node, `the input ${name}`);
    return node;
  }

  /** Values that came from JavaScript within the step; a constant of the graph where an operation takes them. */
  noteHostValue(dataId: DataId, values: tf.BackendValues, shape: readonly number[], dtype: string): void {
    if (!ArrayBuffer.isView(values)) return;
    if (!(dtype in DATA_TYPES)) return;
    this.#hostValues.set(dataId, { values, shape, dtype: DATA_TYPES[graphDataType(dtype)] });
  }

  hasHostValue(dataId: DataId): boolean {
    return this.#hostValues.has(dataId);
  }

  /** Stops the recording: thrown now, and again at the end in case the step swallowed it. */
  fail(message: string): never {
    this.#failure ??= new Error(message);
    throw this.#failure;
  }

  /** An operation that TF.js ran. `resolved` are the names of its inputs, from before it ran. */
  addOperation(
    op: string,
    attrs: readonly OpAttr[],
    resolved: readonly string[],
    outputs: readonly tf.TensorInfo[],
  ): void {
    const values = attrs.map((attr) => [attr.name, attrValueOf(this.#binding, op, attr)] as const);
    const node = this.add(op, resolved, Object.fromEntries(values));
    outputs.forEach((output, i) => this.#refs.set(output.dataId, i === 0 ? node : `${node}:${i}`));
  }

  /** The name of the node output that holds this tensor. */
  ref(tensor: tf.TensorInfo, stateOf: (dataId: DataId) => StateHandle | undefined): string {
    const known = this.#refs.get(tensor.dataId);
    if (known !== undefined) return known;
    const state = stateOf(tensor.dataId);
    if (state !== undefined) return this.read(state);
    const host = this.#hostValues.get(tensor.dataId);
    if (host !== undefined) return this.#constant(host);
    return this.fail(
      `A recorded step uses a tensor [${tensor.shape.join(', ')}] that was made outside of it, at ${sourceLine()}: ` +
        'its values would be frozen. Give it to the step as an input, or make the variable part of the program’s state.',
    );
  }

  /** The value that the state had when the step began. */
  read(state: StateHandle): string {
    const known = this.#reads.get(state);
    if (known !== undefined) return known;
    if (this.#lastWrite.has(state)) this.fail(`The step reads ${state.name} after it wrote it.`);
    const node = this.add('ReadVariableOp', [state.node], { dtype: { kind: 'type', value: state.dtype } });
    this.#reads.set(state, node);
    return node;
  }

  /** An operation that changes state in place; it waits for the step's reads and earlier writes of that state. */
  write(
    states: readonly StateHandle[],
    op: string,
    inputs: readonly string[],
    attrs: Record<string, AttrValue>,
  ): void {
    const before = states.flatMap((state) => [this.#reads.get(state), this.#lastWrite.get(state)]);
    const edges = before.flatMap((node) => (node === undefined ? [] : [`^${node}`]));
    const node = this.add(op, [...inputs, ...edges], attrs);
    for (const state of states) this.#lastWrite.set(state, node);
  }

  /** A node that hands `ref` out after all writes; with null it only waits for them. */
  output(ref: string | null, dtype: number): string {
    const edges = [...new Set(this.#lastWrite.values())].map((node) => `^${node}`);
    const source = ref ?? this.constant(0);
    return this.add('Identity', [source, ...edges], { T: { kind: 'type', value: dtype } });
  }

  /** A float32 scalar. */
  constant(value: number): string {
    return this.#constant({ values: Float32Array.of(value), shape: [], dtype: DATA_TYPES.float32 });
  }

  add(op: string, inputs: readonly string[], attrs: Readonly<Record<string, AttrValue>>): string {
    const name = `${this.#prefix}/${this.#nodes.length}_${op}`;
    this.#nodes.push({ name, op, inputs, attrs });
    if (this.#notesSources) this.#sources.set(name, sourceLine());
    return name;
  }

  finish(): FinishedRecording {
    if (this.#failure !== null) throw this.#failure;
    return {
      nodes: this.#nodes,
      sources: this.#sources,
      constantBytes: this.#constantBytes,
      written: [...this.#lastWrite.keys()],
    };
  }

  #constant({ values, shape, dtype }: HostValue): string {
    const value = constantValue(dtype, shape, values);
    const known = this.#constants.get(value.hash);
    if (known !== undefined) return known;
    const node = this.add('Const', [], {
      dtype: { kind: 'type', value: dtype },
      value: { kind: 'tensor', value },
    });
    this.#constants.set(value.hash, node);
    this.#constantBytes += value.bytes.byteLength;
    return node;
  }
}
