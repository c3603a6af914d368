// Intervals by the bootstrap over prompts: whole prompts are drawn again, because outputs of one prompt are alike.

import { Random } from '../engine/random.ts';
import type { Interval } from '../algorithms/types.ts';

const RESAMPLES = 1000;
const TAIL = 0.025;

/** What one prompt adds to a share. */
export interface PromptShare {
  /** Ties count half. */
  readonly successes: number;
  readonly trials: number;
}

/** Σ successes / Σ trials with the 95 % percentile interval. Null without a trial. */
export function shareWithInterval(prompts: readonly PromptShare[], seed = 1): Interval | null {
  const counted = prompts.filter(({ trials }) => trials > 0);
  if (counted.length === 0) return null;
  const random = new Random(seed);
  const shares = Array.from({ length: RESAMPLES }, () => {
    let [successes, trials] = [0, 0];
    for (let draw = 0; draw < counted.length; draw++) {
      const prompt = counted[random.below(counted.length)];
      successes += prompt?.successes ?? 0;
      trials += prompt?.trials ?? 0;
    }
    return successes / trials;
  }).sort((a, b) => a - b);
  return {
    value: shareOf(counted),
    low: shares[Math.floor(TAIL * RESAMPLES)] ?? 0,
    high: shares[Math.ceil((1 - TAIL) * RESAMPLES) - 1] ?? 1,
    n: counted.length,
  };
}

function shareOf(prompts: readonly PromptShare[]): number {
  const successes = prompts.reduce((sum, prompt) => sum + prompt.successes, 0);
  return successes / prompts.reduce((sum, prompt) => sum + prompt.trials, 0);
}
