// A batch whose rows are decoded by several threads, this one among them. Rows do not depend on one another, so the
// numbers are those of one thread, bit for bit.

import { Decoder } from '../decoder.ts';
import type { WeightValues } from '../decoder-weights.ts';
import type { Decoding, DecodingSize } from '../decoding.ts';
import { dismiss, giveBack, type Helper } from './crew.ts';
import { HelperFailure } from './helper-failure.ts';
import type { FromThread, OpenBatch } from './messages.ts';
import { PATIENCE_MS, SharedBatch } from './shared-batch.ts';

/** A helper's rows, first..end of the batch. */
interface Share {
  readonly helper: Helper;
  readonly first: number;
  readonly end: number;
  readonly batch: SharedBatch;
}

export class ThreadedDecoding implements Decoding {
  readonly #model: WeightValues;
  readonly #capacity: number;
  readonly #own: Decoder;
  /** Rows from 0 that this thread decodes. */
  readonly #ownRows: number;
  readonly #shares: readonly Share[];
  readonly #logits: Float32Array;
  readonly #patienceMs: number;
  #isOpen = false;

  /** @param helpers at least one, and fewer than rows; given back on release */
  constructor(
    model: WeightValues,
    { rows, promptTokens, newTokens }: DecodingSize,
    helpers: readonly Helper[],
    patienceMs = PATIENCE_MS,
  ) {
    const cut = (i: number): number => Math.round((i * rows) / (helpers.length + 1));
    const { vocabSize } = model.config;
    this.#model = model;
    this.#capacity = promptTokens + newTokens;
    this.#ownRows = cut(1);
    this.#own = new Decoder(model, this.#ownRows, this.#capacity);
    this.#shares = helpers.map((helper, i) => {
      const [first, end] = [cut(i + 1), cut(i + 2)];
      return { helper, first, end, batch: new SharedBatch({ rows: end - first, vocabSize }) };
    });
    this.#logits = new Float32Array(rows * vocabSize);
    this.#patienceMs = patienceMs;
  }

  async prefill(
    prompts: readonly (readonly number[])[],
    pause: () => Promise<void>,
  ): Promise<readonly Float32Array[]> {
    const weights = shareWeights(this.#model);
    const opened = this.#shares.map(({ helper, first, end, batch }) =>
      openBatch(helper, {
        ...weights,
        config: this.#model.config,
        prompts: prompts.slice(first, end),
        capacity: this.#capacity,
        buffers: batch.buffers,
      }),
    );
    const theirsOpen = Promise.all(opened);
    // Noticed below; until then a failed helper must not count as nobody's.
    theirsOpen.catch(() => undefined);
    // This thread's work first, whatever the others say: its memory is in use until it ends.
    const own = await this.#own.prefill(prompts.slice(0, this.#ownRows), pause);
    await theirsOpen;
    this.#isOpen = true;
    const V = this.#model.config.vocabSize;
    const theirs = this.#shares.flatMap(({ first, end, batch }) =>
      Array.from({ length: end - first }, (_, i) => batch.logits.slice(i * V, (i + 1) * V)),
    );
    return [...own, ...theirs];
  }

  step(rows: readonly number[], ids: readonly number[]): Float32Array {
    const V = this.#model.config.vocabSize;
    // Rows ascend, so each thread's are one stretch of them.
    const placeOf = (row: number): number => rows.filter((other) => other < row).length;
    const stretches = this.#shares.map(({ first, end, batch }) => ({
      batch,
      first,
      from: placeOf(first),
      to: placeOf(end),
    }));
    const busy = stretches.filter(({ from, to }) => to > from);
    for (const { batch, first, from, to } of busy) {
      batch.begin(
        rows.slice(from, to).map((row) => row - first),
        ids.slice(from, to),
      );
    }
    const own = placeOf(this.#ownRows);
    if (own > 0) this.#logits.set(this.#own.step(rows.slice(0, own), ids.slice(0, own)));
    for (const { batch, from, to } of busy) {
      batch.awaitDone(this.#patienceMs);
      this.#logits.set(batch.logits.subarray(0, (to - from) * V), from * V);
    }
    return this.#logits.subarray(0, rows.length * V);
  }

  release(): void {
    this.#own.release();
    // Before its batch is open a helper hears nothing: a new one is cheaper than waiting.
    if (!this.#isOpen) for (const { helper } of this.#shares) dismiss(helper);
    for (const { batch } of this.#shares) batch.begin([], []);
    giveBack(this.#shares.map(({ helper }) => helper));
  }
}

function openBatch({ worker }: Helper, batch: OpenBatch): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      if (error === undefined) resolve();
      else reject(error);
    };
    // From runDecodeThread, of this program.
    const onMessage = (message: FromThread): void => {
      settle(message.kind === 'failed' ? new HelperFailure(message.reason) : undefined);
    };
    const onError = (error: unknown): void => {
      settle(new HelperFailure(error instanceof Error ? error.message : String(error)));
    };
    const onExit = (): void => {
      settle(new HelperFailure('it has ended.'));
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    // So is one that has ended numbered, and it says nothing more.
    if (worker.threadId === -1) onExit();
    else worker.postMessage(batch);
  });
}

function shareWeights({ shapes, size, read }: WeightValues): Pick<OpenBatch, 'weights' | 'places'> {
  const weights = new SharedArrayBuffer(4 * size);
  const all = new Float32Array(weights);
  let end = 0;
  const places = [...shapes].map(([name, shape]) => {
    const values = read(name);
    const begin = end;
    all.set(values, begin);
    end += values.length;
    return { name, shape, begin, end };
  });
  return { weights, places };
}
