// What scores of one policy's samples let expect of another policy.

export interface WeighedScore {
  readonly score: number;
  readonly weight: number;
  /** log π(output) - log π_old(output), nats. */
  readonly logRatio: number;
}

/**
 * Self-normalised importance sampling, with u_i the trust and ρ_i the ratio of the whole output:
 *
 *   E[score] ≈ Σ u_i ρ_i s_i / Σ u_i ρ_i       effective samples = (Σ u ρ)² / Σ (u ρ)²
 */
export function offPolicyMean(samples: readonly WeighedScore[]): { mean: number; effectiveSamples: number } {
  // The largest ratio is taken out of both sums, which exp would else overflow.
  const largest = samples.reduce((most, { logRatio }) => Math.max(most, logRatio), -Infinity);
  const weights = samples.map(({ weight, logRatio }) => weight * Math.exp(logRatio - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const squares = weights.reduce((sum, weight) => sum + weight * weight, 0);
  const scores = samples.reduce((sum, { score }, i) => sum + score * (weights[i] ?? NaN), 0);
  return { mean: scores / total, effectiveSamples: (total * total) / squares };
}
