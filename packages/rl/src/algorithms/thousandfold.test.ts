// A policy that has learned to write, and every recipe that learns without drawing at the highest rate that its settings
// allow, about a thousand times the default; policy gradients have `ppo/divergence.test.ts`.

import {
  BestOfNConfig,
  DpoConfig,
  KtoConfig,
  OnlineConfig,
  RaftConfig,
  RestConfig,
  RsoConfig,
  SamplingConfig,
  SftConfig,
} from '@rankloop/contracts';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../engine/use-engine.ts';
import { testEngine } from '../testing/test-engines.ts';
import { freshFolder, tinyPrompts, writeTinyBase } from '../testing/tiny-world.ts';
import { RewardModel } from './reward-model.ts';
import { runBestOfN } from './run-best-of-n.ts';
import { runRaft } from './run-raft.ts';
import { runRest } from './run-rest.ts';
import { runRso } from './run-rso.ts';
import { sampleFromFolder } from './sample-from-folder.ts';
import { trainDpo } from './train-dpo.ts';
import { trainKto } from './train-kto.ts';
import { trainOnline } from './train-online.ts';
import { trainSft } from './train-sft.ts';
import { DivergedError } from './types.ts';

const SLOW_MS = 120_000;
const WORDS = ['ababababab', 'xyzxyzxyzx', 'momomomomo', 'klmnklmnkl'];
const prompts = tinyPrompts(32);
const texts = prompts.map(({ text }, i) => ({
  promptText: text,
  output: WORDS[i % WORDS.length] ?? '',
  weight: 1,
  source: 'demonstration' as const,
}));
const HIGHEST = 0.1;

let policyDir: string;
let rewards: string;
beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  policyDir = join(await freshFolder(), 'policy');
  await trainSft({
    policyDir: await writeTinyBase(),
    outDir: policyDir,
    examples: texts,
    heldOut: [],
    config: SftConfig.parse({ learningRate: 5e-3, epochs: 12, batchSize: 8 }),
    seed: 1,
  });
  rewards = join(await freshFolder(), 'reward');
  const untrained = await RewardModel.fromBase(policyDir, 1);
  await untrained.write(rewards);
  untrained.dispose();
}, SLOW_MS);

type Train = (run: { outDir: string; learningRate: number; epochs: number }) => Promise<unknown>;

const preferences = texts.map(({ promptText, output }, i) => ({
  promptId: `prompt-${i}`,
  promptText,
  completions: [output, WORDS[(i + 1) % WORDS.length] ?? ''],
  judgements: [{ id: `judgement-${i}`, ranks: [1, 2], weight: 1 }],
}));
const draws = { maxNewTokens: 12, measurePrompts: 8, missingEndPenalty: 0 };
const candidates = () => ({ policyDir, rewards, prompts, seed: 1, heldOut: [], examples: [] });

const recipes: Record<string, Train> = {
  sft: ({ outDir, ...settings }) =>
    trainSft({
      policyDir,
      outDir,
      examples: texts,
      heldOut: [],
      config: SftConfig.parse({ ...settings, batchSize: 8 }),
      seed: 1,
    }),
  dpo: ({ outDir, ...settings }) =>
    trainDpo({
      policyDir,
      outDir,
      examples: preferences,
      heldOut: [],
      config: DpoConfig.parse({ ...settings, batchPairs: 32 }),
      seed: 1,
    }),
  kto: ({ outDir, ...settings }) =>
    trainKto({
      policyDir,
      outDir,
      examples: texts.map((text, i) => ({ ...text, isDesirable: i % 2 === 0 })),
      heldOut: [],
      config: KtoConfig.parse({ ...settings, batchSize: 32 }),
      seed: 1,
    }),
  rso: ({ outDir, ...settings }) =>
    runRso({
      ...candidates(),
      outDir,
      config: RsoConfig.parse({
        ...draws,
        ...settings,
        ...{ candidates: 8, kept: 4, batchPairs: 32, temperature: 1, topK: 0 },
      }),
    }),
  raft: ({ outDir, ...settings }) =>
    runRaft({
      ...candidates(),
      outDir,
      config: RaftConfig.parse({ ...draws, ...settings, iterations: 1, prompts: 32, candidates: 4 }),
    }),
  rest: ({ outDir, ...settings }) =>
    runRest({
      ...candidates(),
      outDir,
      config: RestConfig.parse({ ...draws, ...settings, growSteps: 1, improveSteps: 1, prompts: 32 }),
    }),
  'best-of-n': ({ outDir, ...settings }) =>
    runBestOfN({
      ...candidates(),
      outDir,
      config: BestOfNConfig.parse({ ...draws, ...settings, n: 4, prompts: 32 }),
    }),
  online: async ({ outDir, ...settings }) => {
    const config = SamplingConfig.parse({ maxNewTokens: 12, temperature: 0.9, topK: 0, topP: 1 });
    const drawn = await sampleFromFolder({ modelDir: policyDir, prompts, k: 2, config, seed: 3 });
    return trainOnline({
      policyDir,
      outDir,
      examples: drawn.map(({ promptId, tokenIds, logProbs, index }) => ({
        promptId,
        promptText: prompts.find(({ id }) => id === promptId)?.text ?? '',
        ...{ tokenIds, logProbs, score: index === 0 ? 1 : -1, weight: 1 },
      })),
      config: OnlineConfig.parse({ ...settings, batchSamples: 32, temperature: 0.9 }),
      seed: 1,
    });
  },
};

describe.each(Object.entries(recipes))('%s at a thousand times the learning rate', (_name, train) => {
  it.each([1, 6])(
    'ends as diverged after %i passes, and writes nothing',
    { timeout: SLOW_MS },
    async (epochs) => {
      const outDir = join(await freshFolder(), 'policy');
      await expect(train({ outDir, learningRate: HIGHEST, epochs })).rejects.toThrow(DivergedError);
      expect(existsSync(outDir)).toBe(false);
    },
  );

  it('ends well at a usual rate', { timeout: SLOW_MS }, async () => {
    const outDir = join(await freshFolder(), 'policy');
    await train({ outDir, learningRate: 1e-4, epochs: 2 });
    expect(existsSync(outDir)).toBe(true);
  });
});
