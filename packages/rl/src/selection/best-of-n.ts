// The best of n draws, and what it costs in KL.

/** Index of the highest reward; the first of equal ones. */
export function bestOf(rewards: readonly number[]): number {
  return rewards.reduce((best, reward, i) => (reward > (rewards[best] ?? NaN) ? i : best), 0);
}

/** ln n - (n - 1) / n, nats: what best-of-n costs at most (an upper bound where outputs repeat). */
export function bestOfNKlBound(n: number): number {
  return Math.log(n) - (n - 1) / n;
}

/**
 * The law of the best of n draws, for outcomes in the order of rising reward:
 *
 *   q_i = F_i^n - F_{i-1}^n     with F the cumulative probability
 */
export function bestOfNLaw(probabilities: readonly number[], n: number): number[] {
  let below = 0;
  return probabilities.map((p) => {
    const upTo = below + p;
    const q = upTo ** n - below ** n;
    below = upTo;
    return q;
  });
}
