// Items in shuffled order, pass after pass, from a place that can be saved and gone back to.

import type { Random } from '../engine/random.ts';

export class ShuffledItems<Item> {
  readonly #items: readonly Item[];
  readonly #random: Random;
  /** Places of the items that the pass has still to give. */
  #left: number[] = [];

  /** `random` may serve others too: it is moved when a pass begins. */
  constructor(items: readonly Item[], random: Random) {
    if (items.length === 0) throw new Error('There is nothing to shuffle.');
    this.#items = items;
    this.#random = random;
  }

  /** So many, every one once before any comes again. */
  next(count: number): Item[] {
    const next: Item[] = [];
    while (next.length < count) next.push(...this.nextOfPass(count - next.length));
    return next;
  }

  /** So many, or what the pass has left; then the next pass begins. */
  nextOfPass(count: number): Item[] {
    if (this.#left.length === 0) this.#left = this.#random.shuffled([...this.#items.keys()]);
    const next: Item[] = [];
    for (const place of this.#left.splice(0, count)) {
      const item = this.#items[place];
      if (item !== undefined) next.push(item);
    }
    return next;
  }

  get count(): number {
    return this.#items.length;
  }

  /** Places that the pass has still to give. */
  get left(): readonly number[] {
    return this.#left;
  }

  /** Goes on with the places that another pass over the same items had left. */
  goTo(left: readonly number[]): void {
    this.#left = [...left];
  }
}
