// A random two-layer model over letters is small enough for a test; this is its shape and its tokens.

import { fileURLToPath } from 'node:url';
import { Tokenizer, type CausalLmConfig } from '@rankloop/rl';

export const TINY_TOKENIZER = await Tokenizer.fromFolder(
  fileURLToPath(new URL('../../../packages/rl/src/tokenizers/fixtures/letters', import.meta.url)),
);

export const TINY_MODEL: CausalLmConfig = {
  modelType: 'gpt2',
  vocabSize: TINY_TOKENIZER.vocabSize,
  nPositions: 48,
  nEmbd: 32,
  nLayer: 2,
  nHead: 2,
  layerNormEpsilon: 1e-5,
  eosTokenId: 0,
};

/** A word of letters that differs from number to number. */
export function word(n: number, length: number): string {
  const letter = (i: number) => (n * (i + 3) + i * i + (n >> i)) % 26;
  return Array.from({ length }, (_, i) => 'abcdefghijklmnopqrstuvwxyz'.charAt(letter(i))).join('');
}
