// Random batches of texts of about equal length, pass after pass, from a place that can be saved and gone back to.

import { z } from 'zod';
import type { Random } from '../../engine/random.ts';
import { valuePart } from '../progress/parts.ts';
import type { Part } from '../progress/progress.ts';

/** Sorting within so many batches makes lengths alike and leaves the order random. */
const POOL_BATCHES = 32;

/**
 * A pass is shuffled, sorted by length within pools, and the batches of a pool shuffled again. Over n texts it has
 * ⌈n / batchSize⌉ of them; then the next begins.
 */
export class PooledBatches<Text extends { readonly ids: readonly number[] }> {
  readonly #texts: readonly Text[];
  readonly #batchSize: number;
  readonly #random: Random;
  /** Places of the texts in the pools that the pass has still to make. */
  #left: number[] = [];
  /** Places of the texts in the batches that the pool has still to give. */
  #batches: number[][] = [];

  constructor(texts: readonly Text[], batchSize: number, random: Random) {
    this.#texts = texts;
    this.#batchSize = batchSize;
    this.#random = random;
  }

  next(): Text[] {
    if (this.#batches.length === 0) this.#batches = this.#nextPool();
    const batch = this.#batches.shift() ?? [];
    return batch.flatMap((place) => this.#texts[place] ?? []);
  }

  #nextPool(): number[][] {
    if (this.#left.length === 0) this.#left = this.#random.shuffled([...this.#texts.keys()]);
    const size = this.#batchSize;
    const lengthOf = (place: number) => this.#texts[place]?.ids.length ?? 0;
    const pool = this.#left.splice(0, POOL_BATCHES * size).sort((a, b) => lengthOf(a) - lengthOf(b));
    const starts = Array.from({ length: Math.ceil(pool.length / size) }, (_, i) => i * size);
    return this.#random.shuffled(starts).map((start) => pool.slice(start, start + size));
  }

  /** The place; the generator behind it is a part of its own. */
  get part(): Part {
    const Place = z
      .number()
      .int()
      .min(0)
      .max(this.#texts.length - 1);
    const Places = z.object({ left: z.array(Place), batches: z.array(z.array(Place)) });
    return valuePart(Places, {
      read: () => ({ left: [...this.#left], batches: this.#batches.map((batch) => [...batch]) }),
      place: ({ left, batches }) => {
        [this.#left, this.#batches] = [left, batches];
      },
    });
  }
}
