import { itemNouns } from './items.ts';
import type { Item } from './items.ts';
import { friendliness, longestPhraseWords } from './lexicon.ts';
import { findItemOfPrompt } from './prompts.ts';
import { knownWords } from './vocabulary.ts';

export interface GoldParts {
  /** 0 (furious) .. 1 (delighted). */
  friendliness: number;
  /** 0 (broken or off topic) .. 1. */
  form: number;
  /** What the demo measures: friendly counts only as far as the text is well formed and on topic. */
  gold: number;
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[a-z]+/g) ?? [];
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** The mood words of a text, each counted once however often it is said. */
function findMoods(words: readonly string[]): ReadonlyMap<string, number> {
  const moods = new Map<string, number>();
  for (let start = 0; start < words.length; start += 1) {
    for (let length = Math.min(longestPhraseWords, words.length - start); length > 0; length -= 1) {
      const phrase = words.slice(start, start + length).join(' ');
      const weight = friendliness.get(phrase);
      if (weight === undefined) continue;
      moods.set(phrase, weight);
      start += length - 1;
      break;
    }
  }
  return moods;
}

/** The item's own words are not moods: "the love song" is friendly only if the text is. */
function withoutItem(text: string, item: Item | undefined): string {
  return item === undefined ? text : text.toLowerCase().replaceAll(item.name, ' ');
}

/**
 * sum(w) / (n + 1) over the n mood words, the last sentence weighing a third more because it is what one
 * remembers. The + 1 makes one kind word less than several; the sigmoid keeps it in (0, 1).
 */
function scoreFriendliness(text: string, item: Item | undefined): number {
  const sentences = withoutItem(text, item).split('.');
  const last = sentences.findLastIndex((sentence) => wordsOf(sentence).length > 0);
  const moods = new Map<string, number>();
  for (const [index, sentence] of sentences.entries()) {
    const emphasis = index === last && last > 0 ? 4 / 3 : 1;
    for (const [phrase, weight] of findMoods(wordsOf(sentence))) {
      if (!moods.has(phrase)) moods.set(phrase, weight * emphasis);
    }
  }
  const total = [...moods.values()].reduce((sum, weight) => sum + weight, 0);
  return sigmoid(1.5 * (total / (moods.size + 1) - 0.5));
}

/** 1 for the whole name, less for the noun alone, little for neither; another item's noun costs half. */
function scoreTopic(words: readonly string[], text: string, item: Item | undefined): number {
  if (item === undefined) return 1;
  const named = text.toLowerCase().includes(item.name) ? 1 : words.includes(item.noun) ? 0.7 : 0.15;
  const strays = words.some((word) => itemNouns.has(word) && word !== item.noun && !sharedNouns.has(word));
  return strays ? named / 2 : named;
}

/** Nouns that texts use in another sense too ("the show", "a light book"). */
const sharedNouns: ReadonlySet<string> = new Set(['show', 'play', 'shop', 'desk', 'cinema']);

/** 1 without a repeated word pair, falling to 0.1 as pairs come again. */
function scoreVariety(words: readonly string[]): number {
  const pairs = words.slice(1).map((word, index) => `${words[index] ?? ''} ${word}`);
  if (pairs.length === 0) return 0.1;
  const repeated = 1 - new Set(pairs).size / pairs.length;
  return Math.max(0.1, 1 - 2.5 * Math.max(0, repeated - 0.12));
}

/** 1 between 5 and 20 words; half as good at 3 or 26. */
function scoreLength(count: number): number {
  if (count < 5) return Math.max(0.05, 1 - 0.25 * (5 - count));
  return count <= 20 ? 1 : Math.max(0.1, 1 - (count - 20) / 12);
}

function scoreForm(completion: string, item: Item | undefined): number {
  const text = completion.trim();
  const words = wordsOf(text);
  if (words.length === 0) return 0;
  const known = words.filter((word) => knownWords.has(word)).length / words.length;
  const ending = /[a-z]\.$/.test(text) ? 1 : 0.5;
  const start = /^[A-Z]/.test(text) ? 1 : 0.8;
  return (
    scoreTopic(words, text, item) *
    scoreVariety(words) *
    scoreLength(words.length) *
    ending *
    start *
    Math.max(0.1, 1 - 3 * (1 - known))
  );
}

/** The hidden gold in parts; for the simulated labelers, benchmarks and tests only. */
export function goldParts(prompt: string, completion: string): GoldParts {
  const item = findItemOfPrompt(prompt);
  const friendly = scoreFriendliness(completion, item);
  const form = scoreForm(completion, item);
  return { friendliness: friendly, form, gold: form * (0.1 + 0.9 * friendly) };
}

/** The hidden gold of one text, in [0, 1]: what the simulated labelers would like best. */
export function goldScore(prompt: string, completion: string): number {
  return goldParts(prompt, completion).gold;
}
