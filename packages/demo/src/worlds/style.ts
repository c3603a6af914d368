import { hideWeights, pickByTaste, randomOf, splitPrompts } from './hidden.ts';
import type { SmallWorld, WorldPrompt } from './types.ts';
import { colours, endsWell, manners, nouns, wordsOf } from './words.ts';

const STRAY_NOUN = 0.08;
const mannerSet: ReadonlySet<string> = new Set(manners);
const known: ReadonlySet<string> = new Set([...manners, ...nouns, 'and']);

/**
 * The easy one: "Tell of the red kettle:" asks for words of manner about the thing, and every such word has a hidden
 * weight of its own. Gold = 2.2 Σ w / (n + 2) over the n different words of manner, less what is badly formed.
 */
export function createStyleWorld(seed: number): SmallWorld {
  const hidden = randomOf('style', seed, 'weights');
  const weights = hideWeights(manners, hidden.normal);
  const prompts = nouns.flatMap((noun) =>
    colours.map((colour): WorldPrompt => ({
      id: `${colour}-${noun}`,
      text: `Tell of the ${colour} ${noun}:`,
    })),
  );
  return {
    name: 'style',
    seed,
    prompts: splitPrompts(prompts, randomOf('style', seed, 'prompts')),
    write: (prompt, taste, random) => {
      const asked = nounOf(prompt.text);
      const noun = random.next() < STRAY_NOUN ? random.pick(nouns) : asked;
      const words = pickByTaste(weights, 2 + random.weighted([2, 3, 3, 2, 1]), taste, random);
      const list = [...words.slice(0, -1), 'and', ...words.slice(-1)];
      return { prompt: prompt.text, completion: ` ${noun} ${list.join(' ')}.` };
    },
    score: (prompt, completion) => ({ gold: scoreStyle(weights, nounOf(prompt), completion) }),
    labelerBias: () => 0,
    temperature: 0.4,
    maxNewTokens: 14,
  };
}

const nounOf = (prompt: string): string => wordsOf(prompt).at(-1) ?? '';

function scoreStyle(weights: ReadonlyMap<string, number>, noun: string, completion: string): number {
  const words = wordsOf(completion);
  const spoken = words.filter((word) => mannerSet.has(word));
  const different = [...new Set(spoken)];
  const liked = different.reduce((sum, word) => sum + (weights.get(word) ?? 0), 0);
  const strays = words.filter((word) => !known.has(word) || (nouns.includes(word) && word !== noun)).length;
  return (
    (2.2 * liked) / (different.length + 2) -
    0.3 * (spoken.length - different.length) -
    0.4 * strays -
    0.1 * Math.max(0, words.length - 10) -
    (words[0] === noun ? 0 : 0.8) -
    (endsWell(completion) ? 0 : 0.5) -
    (different.length === 0 ? 1 : 0)
  );
}
