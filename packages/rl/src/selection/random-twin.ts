// What a rule is compared with: the same rule on rewards that say nothing.
//
// A random twin is given the same rewards in a random order. It accepts as many outputs and meets as many ties as the
// rule itself, and its preferences are labels permuted at random; only what the rewards know is gone.

import type { Random } from '../engine/random.ts';

/** Each prompt's rewards in a random order: for rules that choose within a prompt. */
export function shuffledWithinPrompts(rewards: readonly (readonly number[])[], random: Random): number[][] {
  return rewards.map((own) => random.shuffled(own));
}

/** All rewards dealt anew over all prompts: for rules that choose among all outputs. */
export function shuffledOverall(rewards: readonly (readonly number[])[], random: Random): number[][] {
  const dealt = random.shuffled(rewards.flat());
  let next = 0;
  return rewards.map((own) => dealt.slice(next, (next += own.length)));
}
