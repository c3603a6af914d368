// Training of a byte-level BPE vocabulary (Sennrich et al., 2016, on GPT-2's byte alphabet).
//
//   1. Split the texts into words of byte characters and count the distinct ones.
//   2. Until the vocabulary is full: merge the most frequent pair of neighbours, everywhere.
//
// Deterministic: of equally frequent pairs, the one with the smaller ids is merged.

import { BYTE_CHARACTERS, byteLevelWords } from './byte-level.ts';

export interface TrainBpeOptions {
  readonly texts: Iterable<string>;
  /** Tokens in all: special ones, 256 bytes, and as many merges as are left (fewer, if the texts run out of pairs). */
  readonly vocabSize: number;
  /** Take the first ids, in this order. */
  readonly specialTokens: readonly string[];
  /** A pair must occur this often to be merged. */
  readonly minFrequency?: number;
}

/** A tokenizer.json that Hugging Face's tokenizers read. */
export function trainByteLevelBpe(options: TrainBpeOptions): Record<string, unknown> {
  const { vocabSize, specialTokens, minFrequency = 2 } = options;
  const tokens = [...specialTokens, ...BYTE_CHARACTERS.toSorted()];
  if (new Set(specialTokens).size !== specialTokens.length || specialTokens.includes('')) {
    throw new Error('Special tokens must be distinct and not empty.');
  }
  if (vocabSize < tokens.length) {
    throw new Error(`A byte-level vocabulary needs at least ${tokens.length} tokens, not ${vocabSize}.`);
  }
  const trainer = new PairMerger(countWords(options.texts), new Map(tokens.map((token, id) => [token, id])));
  const merges: [string, string][] = [];
  while (tokens.length < vocabSize) {
    const pair = trainer.mostFrequent(minFrequency);
    if (pair === null) break;
    const [left, right] = [tokens[pair.left] ?? '', tokens[pair.right] ?? ''];
    // A special token may spell what a merge would: one text, one id.
    if (tokens.includes(left + right)) {
      trainer.discard(pair);
      continue;
    }
    merges.push([left, right]);
    trainer.merge(pair, tokens.push(left + right) - 1);
  }
  return tokenizerJson(tokens, merges, specialTokens);
}

function countWords(texts: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const word of byteLevelWords(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

interface Pair {
  readonly left: number;
  readonly right: number;
}
interface Word {
  symbols: number[];
  readonly count: number;
}
/** What is known of a pair: how often it occurs, and in which words it has been seen (it may have left some). */
interface PairStats extends Pair {
  count: number;
  readonly words: Set<number>;
}

class PairMerger {
  readonly #words: Word[];
  readonly #pairs = new Map<string, PairStats>();
  readonly #discarded = new Set<string>();

  constructor(wordCounts: ReadonlyMap<string, number>, ids: ReadonlyMap<string, number>) {
    this.#words = [...wordCounts].map(([word, count]) => ({
      // Byte characters are single UTF-16 units.
      symbols: Array.from(word, (character) => ids.get(character) ?? 0),
      count,
    }));
    this.#words.forEach((_, index) => this.#countPairs(index, 1));
  }

  mostFrequent(minFrequency: number): Pair | null {
    let best: PairStats | null = null;
    for (const [key, stats] of this.#pairs) {
      if (stats.count < minFrequency || this.#discarded.has(key)) continue;
      if (
        best === null ||
        stats.count > best.count ||
        (stats.count === best.count && isBefore(stats, best))
      ) {
        best = stats;
      }
    }
    return best;
  }

  discard(pair: Pair): void {
    this.#discarded.add(keyOf(pair.left, pair.right));
  }

  /** Replaces every occurrence of the pair, from the left, by `id`. */
  merge({ left, right }: Pair, id: number): void {
    for (const index of this.#pairs.get(keyOf(left, right))?.words ?? []) {
      const word = this.#words[index];
      if (word === undefined) continue;
      this.#countPairs(index, -1);
      const merged: number[] = [];
      for (let i = 0; i < word.symbols.length; i++) {
        const symbol = word.symbols[i] ?? 0;
        const isPair = symbol === left && word.symbols[i + 1] === right;
        merged.push(isPair ? id : symbol);
        if (isPair) i++;
      }
      word.symbols = merged;
      this.#countPairs(index, 1);
    }
    this.#pairs.delete(keyOf(left, right));
  }

  #countPairs(index: number, sign: 1 | -1): void {
    const word = this.#words[index];
    if (word === undefined) return;
    for (let i = 0; i + 1 < word.symbols.length; i++) {
      const [left, right] = [word.symbols[i] ?? 0, word.symbols[i + 1] ?? 0];
      const key = keyOf(left, right);
      let stats = this.#pairs.get(key);
      if (stats === undefined) {
        stats = { left, right, count: 0, words: new Set() };
        this.#pairs.set(key, stats);
      }
      stats.count += sign * word.count;
      if (sign === 1) stats.words.add(index);
    }
  }
}

const keyOf = (left: number, right: number): string => `${left} ${right}`;
const isBefore = (a: Pair, b: Pair): boolean => a.left < b.left || (a.left === b.left && a.right < b.right);

function tokenizerJson(
  tokens: readonly string[],
  merges: readonly [string, string][],
  specialTokens: readonly string[],
): Record<string, unknown> {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}
