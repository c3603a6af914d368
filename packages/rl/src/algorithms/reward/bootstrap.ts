// What the members of an ensemble learn from, and with which chance.

import { Random } from '../../engine/random.ts';

/** Far from the seeds of other runs; the first member's is the run's own. */
const SEEDS_APART = 2 ** 32;

/** @param member from 0 */
export function memberSeed(seed: number, member: number): number {
  return seed + member * SEEDS_APART;
}

/** As many prompts as there are, drawn with replacement: the sample that one member learns from (Efron 1979). */
export function resample<Prompt extends object>(prompts: readonly Prompt[], seed: number): Prompt[] {
  const random = Random.forItem(seed, 1);
  return prompts.flatMap(() => prompts[random.below(prompts.length)] ?? []);
}

/** The same for heads that see every batch together: how often each of them drew each prompt. */
export function countDraws<Prompt extends object>(
  prompts: readonly Prompt[],
  heads: number,
  seed: number,
): (Prompt & { counts: readonly number[] })[] {
  const counts = prompts.map(() => new Array<number>(heads).fill(0));
  for (let head = 0; head < heads; head++) {
    const random = Random.forItem(memberSeed(seed, head), 1);
    for (let draw = 0; draw < prompts.length; draw++) {
      const drawn = counts[random.below(prompts.length)];
      if (drawn !== undefined) drawn[head] = (drawn[head] ?? 0) + 1;
    }
  }
  return prompts.map((prompt, i) => ({ ...prompt, counts: counts[i] ?? [] }));
}
