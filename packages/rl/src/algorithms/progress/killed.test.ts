import {
  DpoConfig,
  KtoConfig,
  PpoConfig,
  ReinforceConfig,
  RewardConfig,
  SamplingConfig,
  SftConfig,
} from '@rankloop/contracts';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { splitByPrompt } from '../../data/split.ts';
import { Random } from '../../engine/random.ts';
import { useEngine } from '../../engine/use-engine.ts';
import {
  SavedOnDisk,
  trainWithKills,
  trainWithoutStop,
  type TestRun,
} from '../../testing/killed-training.ts';
import { testEngine } from '../../testing/test-engines.ts';
import { unitTrainings } from '../../testing/unit-trainings.ts';
import { tinyConfig, tinyExamples, tinyPrompts, writeTinyBase } from '../../testing/tiny-world.ts';
import { runPpo } from '../run-ppo.ts';
import { runReinforce } from '../run-reinforce.ts';
import { trainDpo } from '../train-dpo.ts';
import { trainKto } from '../train-kto.ts';
import { trainRewardModel } from '../train-reward-model.ts';
import { trainSft } from '../train-sft.ts';
import type { PreferenceExample } from '../types.ts';

/** A handful here; `RANKLOOP_KILLS=20 RANKLOOP_KILL_SEED=7 npx vitest run --project unit killed.test` for more. */
const KILLS = Number(process.env['RANKLOOP_KILLS'] ?? 2);
const KILL_SEED = Number(process.env['RANKLOOP_KILL_SEED'] ?? 1);

const { train: examples, heldOut } = splitByPrompt(tinyExamples(20), { heldOutFraction: 0.2, seed: 1 });
const sampling = SamplingConfig.parse({ maxNewTokens: 8 });
const reward = { learningRate: 5e-3, batchPrompts: 4, normalisationSamples: 16 };
let base: string;
let rewardDir: string;

beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  base = await writeTinyBase(1, { ...tinyConfig, nLayer: 1, nEmbd: 16 });
  const trained = await trainWithoutStop(trainReward({}));
  rewardDir = trained.outDir;
});

const trainReward = (changes: Partial<RewardConfig>) => (run: TestRun) =>
  trainRewardModel({
    ...run,
    base,
    examples,
    heldOut,
    config: RewardConfig.parse({ ...reward, ...changes }),
    sampling,
    seed: 1,
  });
const texts = (of: readonly PreferenceExample[]) =>
  of.map(({ promptText, completions }) => ({
    promptText,
    output: completions[0] ?? '',
    weight: 1,
    source: 'demonstration' as const,
  }));
const ownDraws = () => ({ policyDir: base, rewardDir, prompts: tinyPrompts(10), seed: 1 });
const iterations = {
  iterations: 6,
  minibatchEpisodes: 4,
  maxNewTokens: 6,
  samplePrompts: 2,
  sampleEvery: 2,
  learningRate: 1e-3,
};

const trainings: Record<string, (run: TestRun) => Promise<unknown>> = {
  'a reward model': trainReward({ epochs: 2, warmupFraction: 0.1 }),
  'an ensemble of reward models': trainReward({ members: 2, ensemble: 'members', bootstrap: true }),
  DPO: (run) =>
    trainDpo({
      ...run,
      policyDir: base,
      examples,
      heldOut,
      config: DpoConfig.parse({ learningRate: 1e-3, batchPairs: 8, epochs: 2 }),
      seed: 1,
    }),
  'supervised fine-tuning': (run) =>
    trainSft({
      ...run,
      policyDir: base,
      examples: texts(examples),
      heldOut: texts(heldOut),
      config: SftConfig.parse({ batchSize: 2, epochs: 2, demonstrations: true }),
      seed: 1,
    }),
  KTO: (run) =>
    trainKto({
      ...run,
      policyDir: base,
      examples: texts(examples).map((text, i) => ({ ...text, isDesirable: i % 2 === 0 })),
      heldOut: [],
      config: KtoConfig.parse({ batchSize: 4, epochs: 2 }),
      seed: 1,
    }),
  'PPO with a corpus and an adaptive penalty': (run) =>
    runPpo({
      ...run,
      ...ownDraws(),
      corpus: examples.map(({ completions }) => completions.join('')),
      config: PpoConfig.parse({
        ...iterations,
        episodesPerIteration: 8,
        klControl: 'adaptive',
        ptxCoefficient: 0.5,
        ptxWindows: 4,
        ptxWindowTokens: 16,
      }),
    }),
  'REINFORCE with a learned baseline': (run) =>
    runReinforce({
      ...run,
      ...ownDraws(),
      config: ReinforceConfig.parse({
        ...iterations,
        promptsPerIteration: 4,
        outputsPerPrompt: 2,
        estimator: 'reinforce',
        baseline: 'learned',
      }),
    }),
  ...unitTrainings(() => ({ policyDir: base, rewards: rewardDir, otherDir: base })),
};

/** Every file with weights, by name. */
async function readWeights(dir: string): Promise<Record<string, Buffer>> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.safetensors'));
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(dir, name))] as const)),
  );
}

describe('a training that is killed at random moments and goes on', { timeout: 400_000 }, () => {
  it.each(Object.entries(trainings))(
    'has the same trace and the same final weights, bit for bit: %s',
    async (_name, train) => {
      const whole = await trainWithoutStop(train);
      const random = new Random(KILL_SEED);
      let kills = 0;
      let goings = 0;
      while (kills < KILLS || goings === 0) {
        const progress = new SavedOnDisk(1 + random.below(2));
        const killed = await trainWithKills(train, { random, pauses: whole.pauses, progress });
        kills += killed.kills;
        goings += progress.begun.filter(({ isAnew }) => !isAnew).length;
        expect(progress.begun.every(({ refusal }) => refusal === undefined)).toBe(true);
        expect([...killed.trace]).toEqual([...whole.trace]);
        expect(await readWeights(killed.outDir)).toEqual(await readWeights(whole.outDir));
      }
    },
  );
});
