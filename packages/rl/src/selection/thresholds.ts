// Rising thresholds (ReST: Gulcehre et al. 2023).

/** Rewards scaled to [0, 1], and the indices above τ, strictly (Gulcehre et al. 2023, eq. 2). */
export function filterAbove(rewards: readonly number[], tau: number): { scaled: number[]; kept: number[] } {
  const scaled = scaleToRange(rewards);
  return { scaled, kept: indicesAbove(scaled, tau) };
}

/** The way from the lowest reward (0) to the highest (1); all 0 where they are equal. */
export function scaleToRange(rewards: readonly number[]): number[] {
  const low = rewards.reduce((least, reward) => Math.min(least, reward), Infinity);
  const high = rewards.reduce((most, reward) => Math.max(most, reward), -Infinity);
  return rewards.map((reward) => (high > low ? (reward - low) / (high - low) : 0));
}

/** The share of rewards that are strictly lower, in [0, 1): one outlier moves nobody else. */
export function scaleToShare(rewards: readonly number[]): number[] {
  const sorted = Float64Array.from(rewards).sort();
  const lower = new Map<number, number>();
  sorted.forEach((reward, i) => {
    if (!lower.has(reward)) lower.set(reward, i);
  });
  return rewards.map((reward) => (lower.get(reward) ?? NaN) / rewards.length);
}

/**
 * τ_1 … τ_n, evenly from the first to the last, both included. Each is raised to the mean of the scaled rewards where
 * it is lower: learning from what is worse than the policy's mean would pull it down (τ_1 > V^π in the paper).
 * Thresholds that do not fall keep sets that lie within one another.
 */
export function risingThresholds(
  scaled: readonly number[],
  { first, last, count }: { first: number; last: number; count: number },
): number[] {
  const mean = scaled.reduce((sum, value) => sum + value, 0) / scaled.length;
  return Array.from({ length: count }, (_, i) => {
    const tau = count === 1 ? first : first + ((last - first) * i) / (count - 1);
    return Math.max(tau, mean);
  });
}

/** Strictly above. */
export function indicesAbove(scaled: readonly number[], tau: number): number[] {
  return scaled.flatMap((value, i) => (value > tau ? [i] : []));
}
