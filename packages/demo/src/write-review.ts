import type { Item } from './items.ts';
import { aspects, closers, deeds, facts, feelings, greetings, judgements, moodCount } from './phrases.ts';
import type { ByMood } from './phrases.ts';
import type { Random } from './random.ts';

/** How often each mood is the mood of a text: a grumpy world with a few kind people in it. */
export const moodWeights: readonly number[] = [21, 32, 24, 13, 7, 3];

/** Most slots follow the mood of the text, some stray by one or two steps: moods of texts are graded. */
function strayMood(random: Random, mood: number): number {
  const step = Math.round(random.normal() * 0.75);
  return Math.min(moodCount - 1, Math.max(0, mood + step));
}

const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/** One review of one or two sentences, ending with a full stop. */
export function writeReview(item: Item, mood: number, random: Random): string {
  const say = (phrases: ByMood): string => random.pick(phrases[strayMood(random, mood)] ?? phrases[2]);
  const openings = [
    () => `The ${item.name} is ${say(judgements)}`,
    () => `The ${item.name} ${say(deeds[item.kind])}`,
    () => `I ${say(feelings)} the ${item.name}`,
    () => `We ${random.pick(['got', 'tried', 'had'])} the ${item.name} and it is ${say(judgements)}`,
  ];
  const opening = random.pick(openings)();
  const aspect = (): string => `the ${random.pick(aspects[item.kind])} is ${say(judgements)}`;
  const Aspect = (): string => aspect().replace(/^t/, 'T');
  const sayOther = (phrases: ByMood): string => {
    const phrase = say(phrases);
    return opening.endsWith(phrase) ? sayOther(phrases) : phrase;
  };
  const shapes = [
    () => `${opening}. ${say(closers)}.`,
    () => `${opening} and ${aspect()}.`,
    () => `${opening}. ${Aspect()}.`,
    () => `${opening}. It ${sayOther(deeds[item.kind])}.`,
    () => `${opening}, but ${aspect()}.`,
    () => `${say(greetings)}, ${opening.startsWith('I ') ? opening : lower(opening)}. ${say(closers)}.`,
    () => `${opening}. ${Aspect()}. ${say(closers)}.`,
  ];
  return shapes[random.weighted([22, 14, 16, 14, 8, 14, 12])]?.() ?? `${opening}.`;
}

/** One plain text without a mood. */
export function writeNote(item: Item, random: Random): string {
  const fact = (): string => random.pick(facts[item.kind]);
  const first = `The ${item.name} ${fact()}.`;
  return random.next() < 0.5 ? first : `${first} It ${fact()}.`;
}
