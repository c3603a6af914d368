import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { getStage, ROUND_PRESETS } from '@rankloop/contracts';
import { createSnapshot, preferencesOf, readSnapshot, renderPrompt } from '@rankloop/core';
import type { Db } from '@rankloop/db';
import {
  CausalLm,
  splitByPrompt,
  Tokenizer,
  trainByteLevelBpe,
  trainRewardModel,
  useEngine,
  writeModelFolder,
  type PreferenceExample,
  type RewardReport,
} from '@rankloop/rl';

const SEED = 1;
const HELD_OUT_FRACTION = 0.2;
const MODEL = { nPositions: 128, nEmbd: 64, nLayer: 2, nHead: 2, layerNormEpsilon: 1e-5 };

/**
 * Freezes a project's imported choices and trains a reward model on four fifths of its prompts, from random weights of a
 * model so small that it shows only that the way from the file to the training is whole.
 */
export async function learnFromImport(db: Db, projectId: string): Promise<RewardReport> {
  const examples = await readExamples(db, projectId);
  const { train, heldOut } = splitByPrompt(examples, { heldOutFraction: HELD_OUT_FRACTION, seed: SEED });
  const folder = mkdtempSync(path.join(tmpdir(), 'rankloop-bench-reward-'));
  try {
    const base = path.join(folder, 'base');
    await writeBase(base, examples);
    const { stages, sampling } = ROUND_PRESETS.tiny.config;
    const config = { ...getStage(stages, 'reward').config, learningRate: 1e-3, batchPrompts: 16 };
    const outDir = path.join(folder, 'reward');
    return await trainRewardModel({
      base,
      outDir,
      examples: train,
      heldOut,
      config,
      sampling,
      seed: SEED,
      onMetrics: () => undefined,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function readExamples(db: Db, projectId: string): Promise<PreferenceExample[]> {
  const snapshot = await createSnapshot({ prisma: db.prisma, projectId, actor: { userId: null } });
  const examples: PreferenceExample[] = [];
  for await (const line of readSnapshot(db.prisma, snapshot)) {
    const { ranks } = preferencesOf(line, line.completionIds);
    if (ranks === null) continue;
    examples.push({
      promptId: line.promptId,
      promptText: renderPrompt(line.conversation),
      completions: line.outputs.map(({ text }) => text),
      judgements: [{ id: line.id, ranks, weight: 1 }],
    });
  }
  return examples;
}

async function writeBase(folder: string, examples: readonly PreferenceExample[]): Promise<void> {
  const texts = examples.flatMap(({ promptText, completions }) => [promptText, ...completions]);
  const specialTokens = ['<|endoftext|>'];
  const tokenizer = new Tokenizer(trainByteLevelBpe({ texts, vocabSize: 1024, specialTokens }));
  await useEngine();
  const ids = { bosTokenId: 0, eosTokenId: 0, padTokenId: 0 };
  const config = { modelType: 'gpt2' as const, vocabSize: tokenizer.vocabSize, ...MODEL, ...ids };
  const model = CausalLm.random(config, SEED);
  const tensors = model.hostTensors();
  model.dispose();
  await writeModelFolder(folder, { config, tensors, tokenizerJson: tokenizer.json });
}
