// How long a training has taken.

import { z } from 'zod';
import { valuePart } from './parts.ts';
import type { Part } from './progress.ts';

export class Stopwatch {
  readonly #started = performance.now();
  #earlierSeconds = 0;

  /** Those of earlier processes included, as far as their work was saved. */
  get seconds(): number {
    return this.#earlierSeconds + (performance.now() - this.#started) / 1000;
  }

  get part(): Part {
    return valuePart(z.number().nonnegative(), {
      read: () => this.seconds,
      place: (seconds) => (this.#earlierSeconds = seconds),
    });
  }
}
