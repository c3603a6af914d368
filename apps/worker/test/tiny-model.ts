// A random two-layer model over letters is small enough for a test; this is its shape and its tokens.

import type { CausalLmConfig } from '@rankloop/rl';

const END = '<|end|>';
export const LETTERS = Array.from('abcdefghijklmnopqrstuvwxyz:.,!');

export const TINY_TOKENIZER = {
  version: '1.0',
  added_tokens: [
    {
      id: 0,
      content: END,
      special: true,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    },
  ],
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
  post_processor: null,
  decoder: { type: 'ByteLevel' },
  model: {
    type: 'BPE',
    vocab: Object.fromEntries([END, ...LETTERS].map((letter, id) => [letter, id])),
    merges: [],
  },
};

export const TINY_MODEL: CausalLmConfig = {
  modelType: 'gpt2',
  vocabSize: LETTERS.length + 1,
  nPositions: 48,
  nEmbd: 32,
  nLayer: 2,
  nHead: 2,
  layerNormEpsilon: 1e-5,
  eosTokenId: 0,
};
