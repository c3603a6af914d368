// What a scored sample is compared with.

interface Scored {
  readonly promptId: string;
  readonly score: number;
  readonly weight: number;
}

/**
 * A = score - baseline, with the baseline the mean score, by weight, of the *other* samples of the prompt (`prompt`), and
 * of all samples where there is no other one or with `global`. Its own score is never in the mean of its prompt, which
 * would pull every advantage towards 0.
 */
export function scoreAdvantages(samples: readonly Scored[], baseline: 'prompt' | 'global'): number[] {
  const all = sumsOf(samples);
  const byPrompt = new Map<string, Scored[]>();
  for (const sample of samples)
    byPrompt.set(sample.promptId, [...(byPrompt.get(sample.promptId) ?? []), sample]);
  const sums = new Map([...byPrompt].map(([promptId, own]) => [promptId, { ...sumsOf(own), n: own.length }]));
  return samples.map(({ promptId, score, weight }) => {
    const prompt = sums.get(promptId);
    if (baseline === 'global' || prompt === undefined || prompt.n < 2) return score - all.scores / all.weight;
    return score - (prompt.scores - weight * score) / (prompt.weight - weight);
  });
}

function sumsOf(samples: readonly Scored[]): { scores: number; weight: number } {
  return {
    scores: samples.reduce((sum, { score, weight }) => sum + weight * score, 0),
    weight: samples.reduce((sum, { weight }) => sum + weight, 0),
  };
}
