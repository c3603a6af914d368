import { createRandom } from '../random.ts';
import { randomOf } from './hidden.ts';
import type { SmallWorld, WorldText } from './types.ts';
import { colours, manners, nouns, tools, topics } from './words.ts';

const FOLLOWERS = 4;
const words = [...nouns, ...colours, ...manners.slice(0, 16), ...topics.slice(0, 12), ...tools.slice(0, 8)];

/**
 * What the base read besides its task, and what is lost when a policy forgets all but its reward: notes of 6 to 10
 * words, each followed by one of four that a hidden table allows (8, 4, 2 and 1 times in 15).
 */
export function writeNotes(
  { name, seed: worldSeed }: Pick<SmallWorld, 'name' | 'seed'>,
  { seed, count }: { seed: number; count: number },
): WorldText[] {
  const table = randomOf(name, worldSeed, 'notes');
  const followers = new Map(words.map((word) => [word, table.shuffle(words).slice(0, FOLLOWERS)]));
  const random = createRandom(seed);
  return Array.from({ length: count }, () => {
    const note = [random.pick(words)];
    const length = 6 + random.below(5);
    while (note.length < length) {
      const next = followers.get(note.at(-1) ?? '') ?? words;
      note.push(next[random.weighted([8, 4, 2, 1])] ?? random.pick(words));
    }
    return { prompt: 'Note:', completion: ` ${note.join(' ')}.` };
  });
}
