// Preferences between trajectory segments (Christiano et al. 2017, section 2.2.3).

import { sigmoid } from './pair-loss.ts';

/**
 * P[first > second] = σ(Σ r1 - Σ r2), where people answer at random with chance `noise`:
 *
 *   P' = (1 - noise) P + noise / 2
 */
export function segmentPreference(first: readonly number[], second: readonly number[], noise = 0): number {
  const sum = (rewards: readonly number[]) => rewards.reduce((total, reward) => total + reward, 0);
  return (1 - noise) * sigmoid(sum(first) - sum(second)) + noise / 2;
}

/** -μ log P - (1 - μ) log(1 - P); μ is 1 for the first, ½ for a tie. */
export function preferenceCrossEntropy(preference: number, mu: number): number {
  return -(mu * Math.log(preference)) - (1 - mu) * Math.log(1 - preference);
}
