// The policy that every method begins from, and its tokenizer.

import { createRandom, writeNotes, type SmallWorld, type WorldText } from '@rankloop/demo';
import { CausalLm, Tokenizer, trainByteLevelBpe, trainLanguageModel, writeModelFolder } from '@rankloop/rl';
import path from 'node:path';
import { keyOf, makeOnce } from './cache.ts';
import type { Size } from './sizes.ts';

const END_OF_TEXT = '<|endoftext|>';
const POSITIONS = 48;
/** More than all words of all worlds need; the merges end where the words do. */
const VOCABULARY_SIZE = 900;
/** One text in four is a note: what the policy knows besides its task. */
const NOTE_SHARE = 0.25;
/** The writer that the base imitates: it does not care. */
const BASE_TASTE = 0;

/** The folder of the base, which whatever asks for the same world, seed, model and training shares. */
export async function openBase(
  cacheDir: string,
  { base, model }: Pick<Size, 'base' | 'model'>,
  world: SmallWorld,
): Promise<string> {
  const { name, seed } = world;
  const dir = path.join(cacheDir, 'bases', keyOf({ name, seed, base, model }));
  await makeOnce(dir, async (outDir) => trainBase(world, { base, model }, seed, outDir));
  return dir;
}

/** Trains a base from random weights on texts of the world, and writes it as a complete folder. */
async function trainBase(
  world: SmallWorld,
  { base, model: sizes }: Pick<Size, 'base' | 'model'>,
  seed: number,
  outDir: string,
): Promise<void> {
  const texts = baseTexts(world, base.texts, seed);
  const tokenizer = new Tokenizer(
    trainByteLevelBpe({
      texts: texts.map(({ prompt, completion }) => prompt + completion),
      vocabSize: VOCABULARY_SIZE,
      specialTokens: [END_OF_TEXT],
    }),
  );
  const endOfText = tokenizer.tokenId(END_OF_TEXT);
  if (endOfText === undefined) throw new Error(`The tokenizer has no ${END_OF_TEXT}.`);
  const config = {
    modelType: 'gpt2',
    vocabSize: tokenizer.vocabSize,
    nPositions: POSITIONS,
    nEmbd: sizes.width,
    nLayer: sizes.layers,
    nHead: sizes.heads,
    layerNormEpsilon: 1e-5,
    eosTokenId: endOfText,
  } as const;
  const model = CausalLm.random(config, seed);
  try {
    await trainLanguageModel({
      model,
      tokenizer,
      examples: texts,
      steps: base.steps,
      batchSize: base.batchSize,
      learningRate: base.learningRate,
      warmupSteps: Math.ceil(base.steps / 20),
      weightDecay: 0.01,
      maxGradNorm: 1,
      seed,
    });
    await writeModelFolder(outDir, {
      config,
      tensors: model.hostTensors(),
      tokenizerJson: tokenizer.json,
    });
  } finally {
    model.dispose();
  }
}

function baseTexts(world: SmallWorld, count: number, seed: number): WorldText[] {
  const random = createRandom(seed * 104_729 + 1);
  const notes = Math.round(count * NOTE_SHARE);
  const prompts = world.prompts.training;
  return [
    ...Array.from({ length: count - notes }, () => world.write(random.pick(prompts), BASE_TASTE, random)),
    ...writeNotes(world, { seed: seed * 104_729 + 2, count: notes }),
  ];
}

/** The notes that PPO-ptx learns beside its reward, and others that measure what each method forgot. */
export function notesFor(
  world: SmallWorld,
  { corpus, heldOut }: Size['notes'],
  seed: number,
): { corpus: WorldText[]; heldOut: WorldText[] } {
  const notes = writeNotes(world, { seed: seed * 104_729 + 3, count: corpus + heldOut });
  return { corpus: notes.slice(0, corpus), heldOut: notes.slice(corpus) };
}
