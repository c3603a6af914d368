// How far a reward model may be believed, judged by preferences it never saw.

import type { Interval } from '../algorithms/types.ts';

const CHANCE = 0.5;
/** Reward models of good labels reach 70 to 80 % of held-out pairs (Ouyang et al. 2022: 69.6 %; people agree in 73 %). */
const BELIEVED = 0.7;

/**
 * confidence = clamp((low - 50 %) / (70 % - 50 %), 0, 1), with `low` the lower end of the 95 % interval of held-out
 * accuracy. Normalising scores to deviation 1 makes the noise of a model that knows nothing as loud as knowledge, and
 * PPO follows it in some chance direction; times this, it goes nowhere. Without a held-out pair it is
 * clamp(1 - `ratingError`, 0, 1), the share of the ratings' variance that is explained, and 1 where nothing was held out.
 *
 * @param heldOutAccuracy of pairs that people ordered, by rank or by rating
 * @param ratingError squared error in variances of the ratings, 1 is as good as saying the mean
 */
export function confidenceOf(heldOutAccuracy: Interval | null, ratingError: number | null = null): number {
  if (heldOutAccuracy !== null) return clamp((heldOutAccuracy.low - CHANCE) / (BELIEVED - CHANCE));
  return ratingError === null ? 1 : clamp(1 - ratingError);
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
