// The methods that are compared. Each learns from the same judgements and may draw as many outputs as every other.

import {
  BestOfNConfig,
  DpoConfig,
  OnlineConfig,
  PpoConfig,
  RaftConfig,
  RestConfig,
  RsoConfig,
} from '@rankloop/contracts';
import { runBestOfN, runPpo, runRaft, runRest, runRso, trainDpo } from '@rankloop/rl';
import type { Arm } from './labels.ts';
import { learnOnline } from './learn-online.ts';
import type { Scene } from './scene.ts';
import type { Size } from './sizes.ts';

export interface Attempt {
  scene: Scene;
  arm: Arm;
  outDir: string;
}

export interface Method {
  name: string;
  /** Part of the name of a result: another setting is another result. */
  settings: (size: Size) => object;
  learn: (attempt: Attempt) => Promise<unknown>;
}

const CANDIDATES = 16;
const EPISODES = 64;

interface Budget {
  maxNewTokens: number;
  candidates: number;
  /** Prompts that get `candidates` outputs each until the samples are spent. */
  prompts: number;
}

function budgetOf({ samples, name }: Size): Budget {
  const candidates = name === 'tiny' ? 4 : CANDIDATES;
  return { maxNewTokens: 14, candidates, prompts: Math.max(4, Math.floor(samples / candidates)) };
}

/** One way to make a method of settings and a learning function, so that both always agree. */
function method<Settings extends object>(
  name: string,
  settings: (size: Size) => Settings,
  learn: (attempt: Attempt, settings: Settings) => Promise<unknown>,
): Method {
  return { name, settings, learn: async (attempt) => learn(attempt, settings(attempt.scene.size)) };
}

const common = ({ scene, outDir }: Attempt) => ({
  policyDir: scene.baseDir,
  outDir,
  seed: scene.seed,
  prompts: scene.world.prompts.training,
});
const candidateRun = (attempt: Attempt) => ({
  ...common(attempt),
  rewards: [{ dir: attempt.scene.rewardDir[attempt.arm], weight: 1 }],
  // What the methods themselves watch is no held-out prompt of the comparison.
  heldOutPrompts: attempt.scene.world.prompts.training.slice(0, 64),
});

const dpoSettings = (size: Size) =>
  DpoConfig.parse({
    learningRate: 1e-3,
    beta: 0.1,
    epochs: size.name === 'tiny' ? 1 : 3,
    batchPairs: 32,
    maxTokens: 48,
  });

const rsoSettings = (mode: 'sft-sample-rank' | 'rso-sample-rank') => (size: Size) => {
  const { candidates, prompts, maxNewTokens } = budgetOf(size);
  return RsoConfig.parse({
    mode,
    prompts,
    candidates,
    kept: size.name === 'tiny' ? 2 : 8,
    gamma: 0.1,
    learningRate: 1e-3,
    epochs: size.name === 'tiny' ? 1 : 3,
    batchPairs: 32,
    maxNewTokens,
    temperature: 1,
    topK: 0,
    maxTokens: 48,
  });
};

/** PPO gives up where it runs away; here the other methods have no such brake. */
const ppoSettings = (size: Size, more: object = {}) => {
  const episodes = size.name === 'tiny' ? 16 : EPISODES;
  return PpoConfig.parse({
    iterations: Math.max(1, Math.floor(size.samples / episodes)),
    episodesPerIteration: episodes,
    minibatchEpisodes: episodes / 2,
    learningRate: 1e-3,
    criticLearningRate: 2e-3,
    klCoefficient: 0.1,
    innerEpochs: 2,
    maxNewTokens: budgetOf(size).maxNewTokens,
    // The twin is to be free to go wrong.
    weighByConfidence: false,
    samplePrompts: 0,
    ...more,
  });
};

const sft = (size: Size) => ({
  learningRate: 1e-3,
  epochs: size.name === 'tiny' ? 1 : 4,
  batchSize: 8,
  temperature: 1,
  maxTokens: 48,
  maxNewTokens: budgetOf(size).maxNewTokens,
});

export const METHODS: readonly Method[] = [
  method(
    'raft',
    (size) => {
      const iterations = size.name === 'tiny' ? 2 : 4;
      const candidates = size.name === 'tiny' ? 4 : 8;
      const prompts = Math.floor(size.samples / candidates / iterations);
      // Each iteration goes on from the last: one pass, or the few chosen texts are soon all that it writes.
      return RaftConfig.parse({ ...sft(size), epochs: 1, iterations, prompts, candidates });
    },
    async (attempt, config) => runRaft({ ...candidateRun(attempt), config }),
  ),
  method(
    'rest',
    (size) => {
      const { prompts, candidates } = budgetOf(size);
      return RestConfig.parse({ ...sft(size), growSteps: 2, prompts: Math.floor(prompts / 2), candidates });
    },
    async (attempt, config) => runRest({ ...candidateRun(attempt), config }),
  ),
  method('dpo direct', dpoSettings, async (attempt, config) => {
    const { train, heldOut } = attempt.scene.labels[attempt.arm];
    return trainDpo({ ...common(attempt), examples: train, heldOut, config });
  }),
  ...(['sft-sample-rank', 'rso-sample-rank'] as const).map((mode) =>
    method(
      `${mode === 'rso-sample-rank' ? 'rso' : 'dpo'} ${mode}`,
      rsoSettings(mode),
      async (attempt, config) => {
        const { train, heldOut } = attempt.scene.labels[attempt.arm];
        return runRso({ ...candidateRun(attempt), examples: train, heldOut, config });
      },
    ),
  ),
  method('ppo', ppoSettings, async (attempt, config) =>
    runPpo({ ...common(attempt), rewardDir: attempt.scene.rewardDir[attempt.arm], config }),
  ),
  method(
    'ppo-ptx',
    (size) => ppoSettings(size, { ptxCoefficient: 0.5, ptxWindows: 16, ptxWindowTokens: 32 }),
    async (attempt, config) =>
      runPpo({
        ...common(attempt),
        rewardDir: attempt.scene.rewardDir[attempt.arm],
        corpus: attempt.scene.notes.training.map(({ prompt, completion }) => prompt + completion),
        config,
      }),
  ),
  method(
    'online',
    (size) => ({
      rounds: size.name === 'tiny' ? 1 : 3,
      config: OnlineConfig.parse({
        learningRate: 1e-3,
        epochs: size.name === 'tiny' ? 1 : 4,
        klCoefficient: 0.02,
        temperature: 1,
      }),
    }),
    learnOnline,
  ),
  method(
    'best-of-n',
    (size) => {
      const { prompts, candidates } = budgetOf(size);
      return BestOfNConfig.parse({ ...sft(size), n: candidates, prompts });
    },
    async (attempt, config) => runBestOfN({ ...candidateRun(attempt), config }),
  ),
];
