// How often outputs of A beat outputs of B on the same prompts.

import type { Interval } from '../algorithms/types.ts';
import { shareWithInterval } from './bootstrap.ts';

/**
 * Ties count half; the interval is a bootstrap over prompts. `a[i]` and `b[i]` are scores of outputs to one prompt;
 * `promptIds` groups several pairs of one prompt. Whose scores they are belongs beside the number.
 */
export function winRate(
  a: readonly number[],
  b: readonly number[],
  { promptIds, seed = 1 }: { promptIds?: readonly string[]; seed?: number } = {},
): Interval {
  if (a.length !== b.length || a.length === 0 || (promptIds !== undefined && promptIds.length !== a.length)) {
    throw new Error(
      `A win rate needs the same number of scores on both sides, not ${a.length} and ${b.length}.`,
    );
  }
  const prompts = new Map<string, { successes: number; trials: number }>();
  a.forEach((scoreA, i) => {
    const scoreB = b[i] ?? NaN;
    if (!Number.isFinite(scoreA) || !Number.isFinite(scoreB)) throw new Error(`Score ${i} is not a number.`);
    const key = promptIds?.[i] ?? String(i);
    const prompt = prompts.get(key) ?? { successes: 0, trials: 0 };
    prompt.successes += scoreA > scoreB ? 1 : scoreA === scoreB ? 0.5 : 0;
    prompt.trials += 1;
    prompts.set(key, prompt);
  });
  const interval = shareWithInterval([...prompts.values()], seed);
  if (interval === null) throw new Error('A win rate needs at least one prompt.');
  return interval;
}
