import { itemAdjectives, itemNouns } from './items.ts';
import { aspects, closers, deeds, facts, feelings, greetings, judgements } from './phrases.ts';

const kinds = ['thing', 'place', 'work'] as const;

const phrases: readonly string[] = [
  ...[judgements, feelings, closers, greetings].flat(2),
  ...kinds.flatMap((kind) => [...deeds[kind].flat(), ...aspects[kind], ...facts[kind]]),
  'the i it we and but is got tried had this my our',
];

/** Every word that the small world's language has; anything else is a misspelling. */
export const knownWords: ReadonlySet<string> = new Set([
  ...phrases.flatMap((phrase) => phrase.toLowerCase().match(/[a-z]+/g) ?? []),
  ...itemNouns,
  ...itemAdjectives,
]);
