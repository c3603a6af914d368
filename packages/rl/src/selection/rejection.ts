// Rejection sampling by reward (Liu et al. 2024, "Statistical rejection sampling improves preference optimization").

/**
 * exp((r - r_max) / β): the chance of a candidate beside the best one, whose chance is 1.
 *
 * @throws where β is not above 0 or a reward is not a number
 */
export function acceptanceOf(rewards: readonly number[], beta: number): number[] {
  if (!(beta > 0)) throw new Error(`Rejection sampling needs a β above 0, not ${beta}.`);
  // Not Math.max(...rewards): there may be more candidates than a call takes arguments.
  const best = rewards.reduce((most, reward) => Math.max(most, reward), -Infinity);
  if (rewards.length > 0 && !Number.isFinite(best)) throw new Error('A reward is not a number.');
  return rewards.map((reward) => Math.exp((reward - best) / beta));
}

/** The share of candidates that a first pass accepts on average: the mean of `acceptanceOf`. */
export function expectedAcceptance(rewards: readonly number[], beta: number): number {
  return acceptanceOf(rewards, beta).reduce((sum, chance) => sum + chance, 0) / rewards.length;
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
 * acceptance, pass after pass over those that are left, each pass against the best of these. Stops at `count`, or when
 * none is left: there may be fewer candidates than asked for, where the published code fails.
 *
 * β → 0 accepts the best ones in the order of their rewards, β → ∞ the first ones.
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

/** The first candidate of each text: what is drawn twice is one candidate, as in the published code. */
export function uniqueByText<Candidate extends { readonly text: string }>(
  candidates: readonly Candidate[],
): Candidate[] {
  const firsts = new Map<string, Candidate>();
  for (const candidate of candidates) {
    if (!firsts.has(candidate.text)) firsts.set(candidate.text, candidate);
  }
  return [...firsts.values()];
}
