import { CausalLm, type CausalLmConfig, Random, type Tokenizer, writeModelFolder } from '@rankloop/rl';
import { join } from 'node:path';

/** 848,128 weights: the GPT-2 that the trainers of other projects were measured on. */
const SIZES = { vocabSize: 300, nPositions: 128, nEmbd: 128, nLayer: 4, nHead: 4 };
/** It names no end of a text, so that every output has the same length. */
const CONFIG: CausalLmConfig = { modelType: 'gpt2', ...SIZES, layerNormEpsilon: 1e-5 };
/** Padding and end of text, for Python's trainers, which insist on them. */
const SPECIAL_TOKENS = ['<pad>', '<end>'];
const FIRST_CHARACTER = 0x4e00;

/** Characters that are one token each, whatever stands beside them: a text has the length that it was given. */
const CHARACTERS = Array.from({ length: SIZES.vocabSize - SPECIAL_TOKENS.length }, (_, i) =>
  String.fromCodePoint(FIRST_CHARACTER + i),
);

const TOKENIZER: Tokenizer['json'] = {
  version: '1.0',
  added_tokens: SPECIAL_TOKENS.map((content, id) => ({
    id,
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  })),
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: { type: 'Fuse' },
  model: {
    type: 'BPE',
    vocab: Object.fromEntries([...SPECIAL_TOKENS, ...CHARACTERS].map((token, id) => [token, id])),
    merges: [],
  },
};

/** Where the model and a reward model of the same size lie. */
export interface TinyModels {
  readonly policyDir: string;
  readonly rewardDir: string;
}

/** Writes both with random weights: speed does not depend on them. An engine has to be running. */
export async function writeTinyModels(dir: string): Promise<TinyModels> {
  const [policyDir, rewardDir] = [join(dir, 'policy'), join(dir, 'reward')];
  const model = CausalLm.random(CONFIG, 1);
  const tensors = model.hostTensors();
  model.dispose();
  await writeModelFolder(policyDir, { config: CONFIG, tensors, tokenizerJson: TOKENIZER });
  const random = new Random(2);
  const head = Float32Array.from({ length: CONFIG.nEmbd }, () => random.normal() / Math.sqrt(CONFIG.nEmbd));
  await writeModelFolder(rewardDir, {
    config: CONFIG,
    tensors: new Map([...tensors, ['score.weight', { shape: [1, CONFIG.nEmbd], values: head }]]),
    tokenizerJson: TOKENIZER,
  });
  return { policyDir, rewardDir };
}

/** A text of that many tokens. */
export function randomText(random: Random, tokens: number): string {
  return Array.from({ length: tokens }, () => CHARACTERS[random.below(CHARACTERS.length)] ?? '').join('');
}
