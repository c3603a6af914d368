// The best outputs, of each prompt or of all (RAFT: Dong et al. 2023).

import { bestOf } from './best-of-n.ts';

/** The place of an output: prompt and candidate. */
export interface Place {
  readonly prompt: number;
  readonly candidate: number;
}

/** The best candidate of every prompt that has any; the first of equal ones. */
export function topPerPrompt(rewards: readonly (readonly number[])[]): Place[] {
  return rewards.flatMap((own, prompt) => (own.length === 0 ? [] : [{ prompt, candidate: bestOf(own) }]));
}

/** The `count` best of all candidates, best first; equal ones in the order of prompts, then of candidates. */
export function topOverall(rewards: readonly (readonly number[])[], count: number): Place[] {
  return rewards
    .flatMap((own, prompt) => own.map((reward, candidate) => ({ prompt, candidate, reward })))
    .sort((a, b) => b.reward - a.reward) // Stable.
    .slice(0, count)
    .map(({ prompt, candidate }) => ({ prompt, candidate }));
}

/** How many candidates a share of them is: at least one where there are any. */
export function countOfShare(total: number, fraction: number): number {
  return Math.min(total, Math.max(1, Math.round(fraction * total)));
}
