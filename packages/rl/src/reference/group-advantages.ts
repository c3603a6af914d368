// Advantages without a critic, from several outputs of one prompt; and a penalty for outputs that run too long.

import { momentsOf } from '../returns/whiten.ts';

/** Each reward less the mean of the others (Ahmadian et al. 2024). */
export function leaveOneOutAdvantages(rewards: readonly number[]): number[] {
  const total = rewards.reduce((sum, reward) => sum + reward, 0);
  return rewards.map((reward) => reward - (total - reward) / (rewards.length - 1));
}

/** (r - mean) / (std + eps) with the unbiased deviation (Shao et al. 2024; eps as in TRL). */
export function groupAdvantages(rewards: readonly number[], eps = 1e-4): number[] {
  const { mean, variance } = momentsOf(rewards, 'bessel');
  return rewards.map((reward) => (reward - mean) / (Math.sqrt(variance) + eps));
}

/** 0 up to max - buffer tokens, then falling linearly to -1 at max (Yu et al. 2025, eq. 13). */
export function overlongPenalty(length: number, { max, buffer }: { max: number; buffer: number }): number {
  return Math.min(0, Math.max(-1, (max - buffer - length) / buffer));
}
