// Several passes of updates over one batch of experience, in shuffled minibatches.

import type { Random } from '../../engine/random.ts';
import { average } from './statistics.ts';

export interface PassSettings {
  readonly innerEpochs: number;
  readonly minibatchEpisodes: number;
  /** Mean approximate KL of a pass above which no further pass is made. */
  readonly stopUpdateKl: number;
}

/** What each minibatch measured, in order, and how many passes there were. */
export async function runPasses<One, Metrics extends { readonly approxKl: number }>(options: {
  readonly experience: readonly One[];
  readonly settings: PassSettings;
  readonly random: Random;
  readonly pause: () => Promise<void>;
  readonly update: (minibatch: readonly One[]) => Metrics;
}): Promise<{ all: Metrics[]; passes: number }> {
  const { experience, settings, random, pause, update } = options;
  const all: Metrics[] = [];
  let passes = 0;
  while (passes < settings.innerEpochs) {
    const pass: Metrics[] = [];
    const shuffled = random.shuffled(experience);
    for (let start = 0; start < shuffled.length; start += settings.minibatchEpisodes) {
      await pause();
      pass.push(update(shuffled.slice(start, start + settings.minibatchEpisodes)));
    }
    all.push(...pass);
    passes += 1;
    if (average(pass, (one) => one.approxKl) > settings.stopUpdateKl) break;
  }
  return { all, passes };
}
