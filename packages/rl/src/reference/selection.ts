// Choosing among drawn outputs by their scores: rejection sampling, best of n, thresholds.

/** exp((r - r_max) / β): the chance of a candidate beside the best one. */
export function acceptanceOf(rewards: readonly number[], beta: number): number[] {
  const best = Math.max(...rewards);
  return rewards.map((reward) => Math.exp((reward - best) / beta));
}

/**
 * Statistical rejection sampling (Liu et al. 2024, algorithm 1): indices of the accepted candidates in the order of
 * acceptance. Each pass measures the candidates that are left against the best of them, with a fresh uniform number
 * each; accepted ones leave. Stops at `count`, or when none is left: there may be fewer candidates than asked for.
 *
 * @param uniform draws from [0, 1)
 */
export function rejectionSample(
  rewards: readonly number[],
  { beta, count, uniform }: { beta: number; count: number; uniform: () => number },
): number[] {
  const accepted: number[] = [];
  let left = rewards.map((_, i) => i);
  while (left.length > 0 && accepted.length < count) {
    const chances = acceptanceOf(
      left.map((i) => rewards[i] ?? NaN),
      beta,
    );
    const stay: number[] = [];
    left.forEach((i, place) => {
      const isWanted = accepted.length < count;
      if (isWanted && uniform() < (chances[place] ?? NaN)) accepted.push(i);
      else stay.push(i);
    });
    left = stay;
  }
  return accepted;
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

/** Rewards scaled to [0, 1], and the indices above τ, strictly (Gulcehre et al. 2023, eq. 2). */
export function filterAbove(rewards: readonly number[], tau: number): { scaled: number[]; kept: number[] } {
  const [low, high] = [Math.min(...rewards), Math.max(...rewards)];
  const scaled = rewards.map((reward) => (reward - low) / (high - low));
  return { scaled, kept: scaled.flatMap((value, i) => (value > tau ? [i] : [])) };
}
