// Seeded random numbers with exportable state.
//
// xoshiro128** (Blackman and Vigna, 2018): 128 bits of state, period 2^128 - 1, 32-bit integer arithmetic only, so
// that every machine draws the same numbers. The state is filled from one integer by splitmix32.

export type RandomState = readonly [number, number, number, number, number | null];

export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;
  /** The second normal of a Box-Muller pair, kept for the next call; part of the state. */
  #spareNormal: number | null = null;

  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) throw new Error(`A seed must be a whole number, not ${seed}.`);
    // Both halves of the 53 bits count, so that large seeds differ too.
    let state = (seed ^ Math.imul(Math.floor(seed / 2 ** 32), 0x85ebca6b)) | 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let z = state ^ (state >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z ^= z >>> 15;
      z = Math.imul(z, 0x735a2d97);
      return z ^ (z >>> 15);
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next() | 1;
  }

  static fromState(state: RandomState): Random {
    const random = new Random(0);
    random.restore(state);
    return random;
  }

  /** Continues the sequence of another generator, or an earlier place in its own. */
  restore(state: RandomState): void {
    [this.#a, this.#b, this.#c, this.#d, this.#spareNormal] = state;
  }

  /** Enough to continue this sequence later, in another process, bit for bit. Plain JSON. */
  state(): RandomState {
    return [this.#a, this.#b, this.#c, this.#d, this.#spareNormal];
  }

  /** A generator of its own for the item named by `index`; this one is not moved. */
  static forItem(seed: number, index: number): Random {
    return new Random(Random.seedForItem(seed, index));
  }

  static seedForItem(seed: number, index: number): number {
    return new Random(seed).uint32() ^ Math.imul(index + 1, 0x9e3779b1);
  }

  /** Whole numbers in [0, 2^32). */
  uint32(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = rotateLeft(this.#d, 11);
    return result;
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** Whole number in [0, n), without bias (values of the incomplete last range are drawn again). */
  below(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) throw new Error(`below() needs 1..2^32, not ${n}.`);
    const limit = 2 ** 32 - (2 ** 32 % n);
    let draw = this.uint32();
    while (draw >= limit) draw = this.uint32();
    return draw % n;
  }

  /** Standard normal (Box-Muller). */
  normal(): number {
    if (this.#spareNormal !== null) {
      const spare = this.#spareNormal;
      this.#spareNormal = null;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** A shuffled copy (Fisher-Yates). */
  shuffled<T>(items: readonly T[]): T[] {
    const copy = [...items];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      // Both places are inside the list.
      [copy[i], copy[j]] = [copy[j] as T, copy[i] as T];
    }
    return copy;
  }
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
