// How far a reward model may be believed, judged by preferences it never saw.

import type { Interval } from '../algorithms/types.ts';

const CHANCE = 0.5;
/** Reward models of good labels reach 70 to 80 % of held-out pairs (Ouyang et al. 2022: 69.6 %; people agree in 73 %). */
const BELIEVED = 0.7;

/**
 * confidence = clamp((low - 50 %) / (70 % - 50 %), 0, 1), with `low` the lower end of the 95 % interval of held-out
 * accuracy. Normalising scores to deviation 1 makes the noise of a model that knows nothing as loud as knowledge, and
 * PPO follows it in some chance direction; times this, it goes nowhere. 1 where nothing was held out to judge by.
 */
export function confidenceOf(heldOutAccuracy: Interval | null): number {
  if (heldOutAccuracy === null) return 1;
  return Math.min(1, Math.max(0, (heldOutAccuracy.low - CHANCE) / (BELIEVED - CHANCE)));
}
