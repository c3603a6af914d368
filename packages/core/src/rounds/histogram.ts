import type { RoundScores, SamplePolicy } from '@rankloop/contracts';

export interface ScoredOutputs {
  policy: SamplePolicy;
  step: number;
  /** At least one. */
  scores: readonly number[];
}

const BINS = 20;

/** How many scores of each policy lie in bins of equal width, the same for all policies. */
export function histogramOf(outputs: readonly ScoredOutputs[]): RoundScores['histogram'] {
  const all = outputs.flatMap(({ scores }) => scores);
  if (all.length === 0) return { edges: [], policies: [] };
  let [low, high] = [Infinity, -Infinity];
  for (const score of all) [low, high] = [Math.min(low, score), Math.max(high, score)];
  // Scores that are all the same stand in the middle.
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const width = (high - low) / BINS;
  return {
    edges: Array.from({ length: BINS + 1 }, (_, i) => (i === BINS ? high : low + i * width)),
    policies: outputs.map(({ policy, step, scores }) => {
      const counts = Array.from({ length: BINS }, () => 0);
      for (const score of scores) {
        const bin = Math.min(BINS - 1, Math.floor((score - low) / width));
        counts[bin] = (counts[bin] ?? 0) + 1;
      }
      return {
        policy,
        step,
        counts,
        mean: scores.reduce((sum, one) => sum + one, 0) / scores.length,
        n: scores.length,
      };
    }),
  };
}
