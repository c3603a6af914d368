// How well scores predict held-out preferences.

import type { CalibrationBin, Interval } from '../algorithms/types.ts';
import { sigmoid } from '../reference/pair-loss.ts';
import { shareWithInterval } from './bootstrap.ts';

/** One held-out preference: the score of the output that people preferred, and of the other. */
export interface ScoredPreference {
  readonly promptText: string;
  readonly better: number;
  readonly worse: number;
}

/** The preferred score must be strictly larger: equal scores count as wrong, as in TRL. */
export function pairAccuracy(preferences: readonly ScoredPreference[], seed = 1): Interval | null {
  const prompts = new Map<string, { successes: number; trials: number }>();
  for (const { promptText, better, worse } of preferences) {
    const prompt = prompts.get(promptText) ?? { successes: 0, trials: 0 };
    prompt.successes += better > worse ? 1 : 0;
    prompt.trials += 1;
    prompts.set(promptText, prompt);
  }
  return shareWithInterval([...prompts.values()], seed);
}

const BINS = 5;

/**
 * A model says σ(|r_a - r_b|) for the output it prefers, so every pair falls in [½, 1]. In a calibrated model
 * `observed` equals `predicted` in each bin; `low` and `high` are its 95 % interval over prompts. Empty bins are left out.
 */
export function calibrationBins(preferences: readonly ScoredPreference[], seed = 1): CalibrationBin[] {
  const bins = Array.from({ length: BINS }, (_, i) => ({
    from: 0.5 + (0.5 * i) / BINS,
    to: 0.5 + (0.5 * (i + 1)) / BINS,
    predicted: 0,
    count: 0,
    prompts: new Map<string, { successes: number; trials: number }>(),
  }));
  for (const { promptText, better, worse } of preferences) {
    const said = sigmoid(Math.abs(better - worse));
    const bin = bins[Math.min(BINS - 1, Math.floor((said - 0.5) * 2 * BINS))];
    if (bin === undefined) continue;
    const prompt = bin.prompts.get(promptText) ?? { successes: 0, trials: 0 };
    prompt.successes += better > worse ? 1 : better === worse ? 0.5 : 0;
    prompt.trials += 1;
    bin.prompts.set(promptText, prompt);
    bin.predicted += said;
    bin.count += 1;
  }
  return bins.flatMap(({ from, to, predicted, count, prompts }) => {
    const observed = shareWithInterval([...prompts.values()], seed);
    if (observed === null) return [];
    const { value, low, high } = observed;
    return [{ from, to, predicted: predicted / count, observed: value, low, high, count }];
  });
}
