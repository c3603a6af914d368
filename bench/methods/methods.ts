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

/**
 * What chance gives. `labels`: the judgements' ranks are dealt out at random, and all that follows from them.
 * `choice`: the rewards of drawn outputs are, so that as many are learned from and none for its reward.
 */
export type Twin = 'labels' | 'choice';

export interface Method {
  name: string;
  twin: Twin;
  /** Part of the name of a result: another setting is another result. */
  settings: (size: Size) => object;
  learn: (attempt: Attempt) => Promise<unknown>;
}

const MAX_NEW_TOKENS = 14;
const EPISODES = 64;
/** Prompts that ReST measures itself on, before the first improve step and after each. */
const MEASURED = 32;

const isTiny = ({ name }: Size): boolean => name === 'tiny';

/** Prompts that get `candidates` outputs each, `times` over, until the samples are spent. */
const promptsFor = (samples: number, candidates: number, times = 1): number =>
  Math.max(2, Math.floor(samples / candidates / times));

/** One way to make a method of settings and a learning function, so that both always agree. */
function method<Settings extends object>(
  name: string,
  twin: Twin,
  settings: (size: Size) => Settings,
  learn: (attempt: Attempt, settings: Settings) => Promise<unknown>,
): Method {
  return { name, twin, settings, learn: async (attempt) => learn(attempt, settings(attempt.scene.size)) };
}

const common = ({ scene, outDir }: Attempt) => ({
  policyDir: scene.baseDir,
  outDir,
  seed: scene.seed,
  prompts: scene.world.prompts.training,
});
/** Of what draws and chooses: its twin has the true reward model and chooses without looking. */
const candidateRun = (attempt: Attempt) => ({
  ...common(attempt),
  rewards: [{ dir: attempt.scene.rewardDir.true, weight: 1 }],
  isRandomTwin: attempt.arm === 'twin',
  // What the methods themselves watch is no held-out prompt of the comparison.
  heldOutPrompts: attempt.scene.world.prompts.training.slice(0, 64),
});

const dpoSettings = (size: Size) =>
  DpoConfig.parse({
    learningRate: 1e-3,
    beta: 0.1,
    epochs: isTiny(size) ? 1 : 3,
    batchPairs: 32,
    maxTokens: 48,
  });

/**
 * Half of the candidates are kept after rejection sampling; without it all that are drawn are. Pairs of outputs of one
 * policy differ in little: a stronger hold than DPO's on people's pairs, or their noise is learned.
 */
export const rsoSettings = (mode: 'sft-sample-rank' | 'rso-sample-rank') => (size: Size) => {
  const kept = isTiny(size) ? 2 : 8;
  const candidates = mode === 'rso-sample-rank' ? 2 * kept : kept;
  return RsoConfig.parse({
    mode,
    prompts: promptsFor(size.samples, candidates),
    candidates,
    kept,
    acceptanceBeta: 2,
    // Nearly as many pairs of half as many prompts.
    pairing: mode === 'rso-sample-rank' ? 'tournament' : 'first-round',
    gamma: 1,
    learningRate: 1e-3,
    epochs: isTiny(size) ? 1 : 2,
    batchPairs: 16,
    maxNewTokens: MAX_NEW_TOKENS,
    temperature: 1,
    topK: 0,
    maxTokens: 48,
    measurePrompts: 8,
  });
};

/** The hold on the base is what keeps a reward model of few judgements from being followed where it knows nothing. */
const ppoSettings = (size: Size, more: object = {}) => {
  const episodes = isTiny(size) ? 16 : EPISODES;
  return PpoConfig.parse({
    iterations: Math.max(1, Math.floor(size.samples / episodes)),
    episodesPerIteration: episodes,
    minibatchEpisodes: episodes / 2,
    learningRate: 1e-3,
    criticLearningRate: 2e-3,
    klCoefficient: 0.3,
    innerEpochs: 2,
    maxNewTokens: MAX_NEW_TOKENS,
    // The twin is to be free to go wrong.
    weighByConfidence: false,
    samplePrompts: 0,
    ...more,
  });
};

const sft = (size: Size) => ({
  learningRate: 1e-3,
  epochs: isTiny(size) ? 1 : 4,
  batchSize: 8,
  temperature: 1,
  maxTokens: 48,
  maxNewTokens: MAX_NEW_TOKENS,
  measurePrompts: 8,
});

export const METHODS: readonly Method[] = [
  method(
    'raft',
    'choice',
    (size) => {
      const iterations = isTiny(size) ? 2 : 4;
      const candidates = 4;
      const prompts = promptsFor(size.samples, candidates, iterations);
      // Each iteration goes on from the last: with many passes the few chosen texts are soon all that it writes.
      return RaftConfig.parse({
        ...sft(size),
        epochs: isTiny(size) ? 1 : 2,
        iterations,
        prompts,
        candidates,
      });
    },
    async (attempt, config) => runRaft({ ...candidateRun(attempt), config }),
  ),
  method(
    'rest',
    'choice',
    (size) => {
      const [growSteps, improveSteps] = [2, 3];
      const candidates = isTiny(size) ? 4 : 16;
      const measurePrompts = isTiny(size) ? 4 : MEASURED;
      // What it stops by is drawn from the same budget.
      const samples = size.samples - measurePrompts * (1 + growSteps * improveSteps);
      const prompts = promptsFor(samples, candidates, growSteps);
      return RestConfig.parse({ ...sft(size), growSteps, improveSteps, measurePrompts, prompts, candidates });
    },
    async (attempt, config) => runRest({ ...candidateRun(attempt), config }),
  ),
  method('dpo direct', 'labels', dpoSettings, async (attempt, config) => {
    const { train, heldOut } = attempt.scene.labels[attempt.arm];
    return trainDpo({ ...common(attempt), examples: train, heldOut, config });
  }),
  ...(['sft-sample-rank', 'rso-sample-rank'] as const).map((mode) =>
    method(
      `${mode === 'rso-sample-rank' ? 'rso' : 'dpo'} ${mode}`,
      'choice',
      rsoSettings(mode),
      async (attempt, config) => {
        const { train, heldOut } = attempt.scene.labels.true;
        return runRso({ ...candidateRun(attempt), examples: train, heldOut, config });
      },
    ),
  ),
  method('ppo', 'labels', ppoSettings, async (attempt, config) =>
    runPpo({ ...common(attempt), rewardDir: attempt.scene.rewardDir[attempt.arm], config }),
  ),
  method(
    'ppo-ptx',
    'labels',
    (size) => ppoSettings(size, { ptxCoefficient: 1, ptxWindows: 32, ptxWindowTokens: 32 }),
    async (attempt, config) =>
      runPpo({
        ...common(attempt),
        rewardDir: attempt.scene.rewardDir[attempt.arm],
        corpus: attempt.scene.notes.corpus.map(({ prompt, completion }) => prompt + completion),
        config,
      }),
  ),
  method(
    'online',
    'labels',
    (size) => ({
      rounds: isTiny(size) ? 1 : 3,
      config: OnlineConfig.parse({
        learningRate: 1e-3,
        epochs: isTiny(size) ? 1 : 4,
        klCoefficient: 0.02,
        temperature: 1,
      }),
    }),
    learnOnline,
  ),
  method(
    'best-of-n',
    'choice',
    (size) => {
      const n = isTiny(size) ? 4 : 8;
      return BestOfNConfig.parse({ ...sft(size), n, prompts: promptsFor(size.samples, n) });
    },
    async (attempt, config) => runBestOfN({ ...candidateRun(attempt), config }),
  ),
];
