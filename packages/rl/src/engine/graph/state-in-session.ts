// A program's state and the session that holds it: opening, moving in and out, closing.

import type * as tf from '@tensorflow/tfjs-core';
import type { State } from '../step.ts';
import type { AddonTensor } from './addon.ts';
import type { BackendHooks } from './backend-hooks.ts';
import type { FinishedRecording, StateHandle } from './recording.ts';
import { Session } from './session.ts';
import { sessionPool, type SessionHolder, type SessionPool } from './session-pool.ts';
import { StateCell } from './state-cell.ts';

/** What TensorFlow keeps for a node beside its constants, roughly: definitions, kernels, executors. */
const BYTES_PER_NODE = 4096;

/** Variables that a live program has as state. */
const owners = new WeakSet<tf.Variable>();

export class StateInSession implements SessionHolder {
  readonly #hooks: BackendHooks;
  readonly #pool: SessionPool;
  readonly #cells: StateCell[] = [];
  readonly #cellOf = new Map<tf.Variable, StateCell>();
  #session: Session | null = null;
  #bytes = 0;
  #isStale = false;

  constructor(hooks: BackendHooks, state: State, pool: SessionPool = sessionPool) {
    this.#hooks = hooks;
    this.#pool = pool;
    this.add(state);
  }

  /** More state: the next `open` loads the graph anew. */
  add(state: State): void {
    for (const [name, variable] of Object.entries(state)) {
      if (owners.has(variable)) {
        throw new Error(`The state ${name} is in another program already: one program owns a variable.`);
      }
    }
    for (const [name, variable] of Object.entries(state)) {
      owners.add(variable);
      const cell = new StateCell(this.#hooks, name, `s${this.#cells.length}`, variable);
      this.#cells.push(cell);
      this.#cellOf.set(variable, cell);
    }
    this.markStale();
    this.watch();
  }

  handleOf(variable: tf.Variable): StateHandle {
    const cell = this.#cellOf.get(variable);
    if (cell !== undefined) return cell;
    throw new Error(`The step updates ${variable.name}, which is not in the program's state.`);
  }

  /** The graph has changed: the next `open` loads it anew. */
  markStale(): void {
    this.#isStale = true;
  }

  /** Makes the session ready: open, with these recordings, holding the newest value of every state. */
  open(recordings: readonly FinishedRecording[]): void {
    if (this.#session === null || this.#isStale) this.#reopen(recordings);
    else this.#pool.use(this, this.#bytes);
    this.#moveIn();
  }

  run(feeds: readonly (readonly [string, number])[], fetches: readonly string[]): AddonTensor[] {
    if (this.#session === null) throw new Error('The session is not open.');
    return this.#session.run(feeds, fetches);
  }

  /** Clones of variables that are about to be written keep what they have. */
  beforeWrite(written: readonly StateHandle[]): void {
    for (const cell of this.#among(written)) cell.detachClones(() => this.#fetch([cell]));
    this.watch();
  }

  afterWrite(written: readonly StateHandle[]): void {
    for (const cell of this.#among(written)) cell.noteInSession({ isWritten: true });
  }

  /** Frees what was taken out of the session only to be looked at. */
  dropCopies(): void {
    for (const cell of this.#cells) if (!cell.variable.isDisposed) cell.dropCopy();
  }

  closeSession(): void {
    if (this.#session === null) return;
    this.#fetch(this.#cells.filter((cell) => cell.isOnlyInSession));
    this.#session.close();
    this.#session = null;
    for (const cell of this.#cells) cell.noteNoSession();
  }

  dispose(): void {
    // Variables that were disposed of before the program have nothing to keep.
    this.closeSession();
    this.#pool.closed(this);
    for (const { variable } of this.#cells) {
      owners.delete(variable);
      this.#hooks.sessionData.delete(variable.dataId);
    }
  }

  #reopen(recordings: readonly FinishedRecording[]): void {
    this.closeSession();
    const state = this.#cells.reduce((sum, cell) => sum + cell.bytes, 0);
    const nodes = [
      ...this.#cells.flatMap((cell) => cell.graphNodes()),
      ...recordings.flatMap((one) => one.nodes),
    ];
    const constants = recordings.reduce((sum, one) => sum + one.constantBytes, 0);
    this.#bytes = state + constants + nodes.length * BYTES_PER_NODE;
    this.#pool.use(this, this.#bytes);
    try {
      this.#session = new Session(this.#hooks.backend, nodes);
    } catch (error) {
      // It takes no memory that others would have to give way to.
      this.#pool.closed(this);
      throw error;
    }
    this.#isStale = false;
  }

  /** Gives the session every value that changed outside of it. */
  #moveIn(): void {
    this.watch();
    // What was disposed of while the program goes on, as an optimiser's state is after training, has no value to give.
    const changed = this.#cells.filter((cell) => !cell.isInSession && !cell.variable.isDisposed);
    if (changed.length === 0) return;
    const feeds = changed.map((cell) => [cell.feedNode, cell.handle()] as const);
    for (const { id } of this.run(
      feeds,
      changed.map((cell) => cell.assignedNode),
    )) {
      this.#hooks.backend.binding.deleteTensor(id);
    }
    for (const cell of changed) {
      cell.noteInSession({ isWritten: false });
      cell.dropCopy();
    }
    this.watch();
  }

  /** Has the backend ask for values that are only in the session; to be called after variables may have changed. */
  watch(): void {
    const { sessionData } = this.#hooks;
    for (const cell of this.#cells) {
      if (cell.variable.isDisposed) continue;
      const watched = sessionData.get(cell.variable.dataId);
      if (watched?.handle === cell) continue;
      // Assigned from a variable of another program: its data is that program's to move.
      if (watched !== undefined) cell.takeOwnData();
      const { dataId } = cell.variable;
      sessionData.set(dataId, {
        handle: cell,
        program: this,
        fetch: () => {
          if (cell.isOnlyInSession && cell.variable.dataId === dataId) this.#fetch(this.#neighboursOf(cell));
        },
      });
    }
  }

  /** Everything of its group that is only in the session: who reads one weight of a model reads the others next. */
  #neighboursOf({ name }: StateCell): StateCell[] {
    const group = groupOf(name);
    return this.#cells.filter((cell) => groupOf(cell.name) === group && cell.isOnlyInSession);
  }

  #fetch(cells: readonly StateCell[]): void {
    if (cells.length === 0) return;
    const values = this.run(
      [],
      cells.map((cell) => cell.readNode),
    );
    values.forEach(({ id }, i) => cells[i]?.takeFromSession(id));
  }

  #among(handles: readonly StateHandle[]): StateCell[] {
    return this.#cells.filter((cell) => handles.includes(cell));
  }
}

function groupOf(name: string): string {
  return name.split('/')[0] ?? '';
}
