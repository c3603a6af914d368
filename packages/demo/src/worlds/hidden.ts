import { createRandom, hashText } from '../random.ts';
import type { Random } from '../random.ts';
import type { WorldName, WorldPrompt } from './types.ts';

/** A source of its own for each part of a world, so that a change to one part leaves the others as they are. */
export const randomOf = (world: WorldName, seed: number, part: string): Random =>
  createRandom(hashText(`${world} ${seed} ${part}`));

/** A hidden weight for each word. */
export function hideWeights(words: readonly string[], draw: () => number): ReadonlyMap<string, number> {
  return new Map(words.map((word) => [word, draw()]));
}

/** Words of `weights` without repetition, drawn with weight exp(taste · hidden weight). */
export function pickByTaste(
  weights: ReadonlyMap<string, number>,
  count: number,
  taste: number,
  random: Random,
): string[] {
  // The largest of log-weight + Gumbel noise are a draw without replacement.
  const keyed = [...weights].map(([word, weight]) => ({ word, key: taste * weight + random.gumbel() }));
  return keyed
    .sort((a, b) => b.key - a.key)
    .slice(0, count)
    .map(({ word }) => word);
}

/** Three training prompts to every two held-out ones, at random. */
export function splitPrompts(prompts: readonly WorldPrompt[], random: Random) {
  const shuffled = random.shuffle(prompts);
  const cut = Math.round(shuffled.length * 0.6);
  return { training: shuffled.slice(0, cut), heldOut: shuffled.slice(cut) };
}
