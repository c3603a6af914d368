// The memory that a batch shares with a thread: whose turn it is, what it is to do, and what came out.

import { HelperFailure } from './helper-failure.ts';

/** Places in the control words. */
const TURN = 0;
const DONE = 1;
const COUNT = 2;
const FIRST = 3;

/** A thread that says nothing for so long is gone or stuck. */
export const PATIENCE_MS = 60_000;

export interface SharedBatchBuffers {
  /** int32: turn, done, count, then the rows and the ids of a step. */
  readonly control: SharedArrayBuffer;
  /** float32 [rows, V] */
  readonly logits: SharedArrayBuffer;
}

export interface SharedBatchSize {
  readonly rows: number;
  readonly vocabSize: number;
}

/** Either side's view of it. A turn with no rows ends the batch. */
export class SharedBatch {
  readonly buffers: SharedBatchBuffers;
  readonly logits: Float32Array;
  readonly #control: Int32Array;
  readonly #rows: number;
  #turn = 0;

  constructor({ rows, vocabSize }: SharedBatchSize, buffers?: SharedBatchBuffers) {
    this.buffers = buffers ?? {
      control: new SharedArrayBuffer(4 * (FIRST + 2 * rows)),
      logits: new SharedArrayBuffer(4 * rows * vocabSize),
    };
    this.#rows = rows;
    this.#control = new Int32Array(this.buffers.control);
    this.logits = new Float32Array(this.buffers.logits);
  }

  /** Gives the thread a step to do, or with no rows the end. */
  begin(rows: readonly number[], ids: readonly number[]): void {
    this.#control[COUNT] = rows.length;
    rows.forEach((row, i) => {
      this.#control[FIRST + i] = row;
      this.#control[FIRST + this.#rows + i] = ids[i] ?? 0;
    });
    this.#turn += 1;
    Atomics.store(this.#control, TURN, this.#turn);
    Atomics.notify(this.#control, TURN);
  }

  /** Waits until the thread has done its turn. @throws HelperFailure when it does not */
  awaitDone(patienceMs: number): void {
    for (;;) {
      const done = Atomics.load(this.#control, DONE);
      if (done === this.#turn) return;
      if (done < 0) throw new HelperFailure('it could not do its share.');
      if (Atomics.wait(this.#control, DONE, done, patienceMs) === 'timed-out') {
        throw new HelperFailure(`it gave no answer for ${String(patienceMs / 1000)} seconds.`);
      }
    }
  }

  /** The thread's side: its next turn, waiting for it. Null at the end. */
  awaitTurn(): { rows: number[]; ids: number[] } | null {
    Atomics.wait(this.#control, TURN, this.#turn);
    this.#turn = Atomics.load(this.#control, TURN);
    const count = this.#control[COUNT] ?? 0;
    if (count === 0) return null;
    const ids = FIRST + this.#rows;
    return {
      rows: [...this.#control.subarray(FIRST, FIRST + count)],
      ids: [...this.#control.subarray(ids, ids + count)],
    };
  }

  /** The thread's side: the turn is done, or cannot be. */
  end(outcome: 'done' | 'failed'): void {
    Atomics.store(this.#control, DONE, outcome === 'done' ? this.#turn : -1);
    Atomics.notify(this.#control, DONE);
  }
}
