// Choosing among drawn outputs by their scores: rejection sampling, best of n, thresholds.

/** exp((r - r_max) / β): the chance of a candidate beside the best one. */
export function acceptanceOf(rewards: readonly number[], beta: number): number[] {
  // Not Math.max(...rewards): there may be more candidates than a call takes arguments.
  const best = rewards.reduce((most, reward) => Math.max(most, reward), -Infinity);
  return rewards.map((reward) => Math.exp((reward - best) / beta));
}

/**
 * One pass of rejection sampling: every candidate is measured against the best of them with a fresh uniform number,
 * until `count` are accepted. Over candidates drawn independently from π_ref, the accepted ones of a first pass follow
 * π* exactly; later passes, which draw without replacement, do not.
 */
export function rejectionPass(
  rewards: readonly number[],
  { beta, count, uniform }: { beta: number; count: number; uniform: () => number },
): { accepted: number[]; left: number[] } {
  const chances = acceptanceOf(rewards, beta);
  const accepted: number[] = [];
  const left: number[] = [];
  for (const [i, chance] of chances.entries())
    (accepted.length < count && uniform() < chance ? accepted : left).push(i);
  return { accepted, left };
}

/**
 * Statistical rejection sampling (Liu et al. 2024, algorithm 1): indices of the accepted candidates in the order of
 * acceptance, pass after pass over those that are left. Stops at `count`, or when none is left: there may be fewer
 * candidates than asked for.
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
    const candidates = left;
    const pass = rejectionPass(
      candidates.map((i) => rewards[i] ?? NaN),
      { beta, count: count - accepted.length, uniform },
    );
    accepted.push(...pass.accepted.flatMap((place) => candidates.slice(place, place + 1)));
    left = pass.left.flatMap((place) => candidates.slice(place, place + 1));
  }
  return accepted;
}

/** Index of the highest reward; the first of equal ones. */
export function bestOf(rewards: readonly number[]): number {
  return rewards.indexOf(Math.max(...rewards));
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
