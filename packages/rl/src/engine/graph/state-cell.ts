// One tf.Variable whose value moves between TF.js and a session.
//
// The variable stays what callers hold. While a session has written it, the session has the only copy; a look at the
// variable from anywhere fetches it. An assignment from outside changes the variable's data, which is how it is seen.

import type * as tf from '@tensorflow/tfjs-core';
import { DATA_TYPES, graphDataType, type DataId, type TensorData } from './addon.ts';
import type { BackendHooks } from './backend-hooks.ts';
import type { GraphNode } from './graph-def.ts';
import type { StateHandle } from './recording.ts';

/** A handle that says "no data in the addon". */
const NO_HANDLE = -1;

export class StateCell implements StateHandle {
  readonly name: string;
  readonly node: string;
  readonly variable: tf.Variable;
  readonly shape: readonly number[];
  readonly dtype: number;
  readonly bytes: number;
  readonly #hooks: BackendHooks;
  /** The data that stands for the session's value; null while no session has it. */
  #inSession: DataId | null = null;

  constructor(hooks: BackendHooks, name: string, node: string, variable: tf.Variable) {
    this.#hooks = hooks;
    this.name = name;
    this.node = node;
    this.variable = variable;
    this.shape = variable.shape;
    this.dtype = DATA_TYPES[graphDataType(variable.dtype)];
    this.bytes = variable.size * (variable.dtype === 'bool' ? 1 : 4);
  }

  /** Where the value is fed in, set, and read from outside a step. */
  get feedNode(): string {
    return `${this.node}_feed`;
  }
  get assignedNode(): string {
    return `${this.node}_assigned`;
  }
  get readNode(): string {
    return `${this.node}_read`;
  }

  graphNodes(): GraphNode[] {
    const dtype = { kind: 'type', value: this.dtype } as const;
    const shape = { kind: 'shape', value: this.shape } as const;
    const text = (value: string) => ({ kind: 'string', value }) as const;
    return [
      {
        name: this.node,
        op: 'VarHandleOp',
        inputs: [],
        attrs: { dtype, shape, shared_name: text(this.node), container: text('') },
      },
      { name: this.feedNode, op: 'Placeholder', inputs: [], attrs: { dtype, shape } },
      {
        name: `${this.node}_assign`,
        op: 'AssignVariableOp',
        inputs: [this.node, this.feedNode],
        attrs: { dtype },
      },
      {
        name: this.assignedNode,
        op: 'Shape',
        inputs: [this.feedNode, `^${this.node}_assign`],
        attrs: { T: dtype, out_type: { kind: 'type', value: DATA_TYPES.int32 } },
      },
      { name: this.readNode, op: 'ReadVariableOp', inputs: [this.node], attrs: { dtype } },
    ];
  }

  /** Whether the session's value is the newest. */
  get isInSession(): boolean {
    return this.#inSession === this.variable.dataId && !this.variable.isDisposed;
  }

  /** Whether the newest value is only there. */
  get isOnlyInSession(): boolean {
    if (!this.isInSession) return false;
    const data = this.#data();
    return data.id === NO_HANDLE && data.values === null;
  }

  /** The handle of the value for feeding; it stays the variable's. */
  handle(): number {
    const [id] = this.#hooks.backend.getInputTensorIds([this.variable]);
    if (id === undefined) throw new Error(`The state ${this.name} has no data.`);
    return id;
  }

  /** The session has just been given the variable's value, or, with `isWritten`, has made a newer one. */
  noteInSession({ isWritten }: { isWritten: boolean }): void {
    this.#inSession = this.variable.dataId;
    if (isWritten) this.#forgetCopy();
  }

  /** Gives back the ordinary copy of a value that the session has, unless others share it. */
  dropCopy(): void {
    if (this.isInSession && this.#data().refCount === 1) this.#forgetCopy();
  }

  /** Takes a value out of the session; the handle becomes the variable's. */
  takeFromSession(id: number): void {
    this.#forgetCopy();
    this.#data().id = id;
  }

  /** The session is gone, or the variable leaves the program. */
  noteNoSession(): void {
    this.#inSession = null;
  }

  /** Before the session writes: clones of the variable share its data and must keep the old value. */
  detachClones(fetch: () => void): void {
    if (this.variable.isDisposed) throw new Error(`The state ${this.name} was disposed of.`);
    if (this.#data().refCount === 1) return;
    fetch();
    const { backend } = this.#hooks;
    const fresh = backend.createOutputTensor({ id: NO_HANDLE, shape: [...this.shape], dtype: this.dtype });
    this.variable.assign(fresh);
    fresh.dispose();
    this.#inSession = this.variable.dataId;
  }

  /** The variable shares data with someone else's; from now on it has the same values in data of its own. */
  takeOwnData(): void {
    const { backend } = this.#hooks;
    const type = { name: 'T', type: backend.binding.TF_ATTR_TYPE, value: this.dtype };
    const copy = backend.executeSingleOutput('Identity', [type], [this.variable]);
    this.variable.assign(copy);
    copy.dispose();
  }

  #forgetCopy(): void {
    const data = this.#data();
    if (data.id !== NO_HANDLE && data.values === null) this.#hooks.backend.binding.deleteTensor(data.id);
    data.id = NO_HANDLE;
    data.values = null;
  }

  #data(): TensorData {
    return this.#hooks.backend.tensorMap.get(this.variable.dataId);
  }
}
