// Metrics of drawn candidates, under the names that TRL's group methods log.

import type { PromptCandidates } from './draw.ts';

export function candidateMetrics(drawn: readonly PromptCandidates[]): Record<string, number> {
  const all = drawn.flatMap(({ candidates }) => candidates);
  const rewards = all.map(({ reward }) => reward);
  const unique = drawn.map(({ candidates }) => new Set(candidates.map(({ text }) => text)).size);
  return {
    reward: mean(rewards),
    reward_std: deviation(rewards),
    'completions/mean_length': mean(all.map(({ tokens }) => tokens)),
    'completions/clipped_ratio': mean(all.map(({ isCutOff }) => Number(isCutOff))),
    distinct_outputs: unique.reduce((sum, count) => sum + count, 0) / all.length,
  };
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const center = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - center) ** 2)));
}
