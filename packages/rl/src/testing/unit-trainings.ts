// Trainings of several units at their smallest: with some units of each kind, and some steps within.

import {
  BestOfNConfig,
  OnlineConfig,
  RaftConfig,
  RestConfig,
  RsoConfig,
  SamplingConfig,
} from '@rankloop/contracts';
import { centreScore } from '../algorithms/online/centre-score.ts';
import { runBestOfN } from '../algorithms/run-best-of-n.ts';
import { runRaft } from '../algorithms/run-raft.ts';
import { runRest } from '../algorithms/run-rest.ts';
import { runRso } from '../algorithms/run-rso.ts';
import { sampleFromFolder } from '../algorithms/sample-from-folder.ts';
import { trainOnline } from '../algorithms/train-online.ts';
import type { TestRun } from './killed-training.ts';
import { taste, tinyPrompts } from './tiny-world.ts';

const prompts = tinyPrompts(24);
const draws = { maxNewTokens: 6, measurePrompts: 4, missingEndPenalty: 0 };
const learning = { learningRate: 3e-3, batchSize: 4, epochs: 1 };
const configs = {
  rso: RsoConfig.parse({
    ...draws,
    ...{ prompts: 24, candidates: 4, kept: 4, temperature: 1, topK: 0 },
    ...{ learningRate: 3e-3, batchPairs: 16, epochs: 1 },
  }),
  raft: RaftConfig.parse({ ...draws, ...learning, iterations: 2, prompts: 20, candidates: 2 }),
  rest: RestConfig.parse({
    ...draws,
    ...learning,
    ...{ growSteps: 2, improveSteps: 2, prompts: 6, candidates: 4, firstThreshold: 0.5, lastThreshold: 0.7 },
  }),
  bestOfN: BestOfNConfig.parse({ ...draws, ...learning, n: 3, prompts: 20 }),
  online: OnlineConfig.parse({ learningRate: 3e-3, batchSamples: 6, epochs: 2, stopUpdateKl: 10 }),
};

interface Folders {
  readonly policyDir: string;
  readonly rewards: string;
  /** Another policy, where a recipe takes one. */
  readonly otherDir: string;
}

export function unitTrainings(of: () => Folders): Record<string, (run: TestRun) => Promise<unknown>> {
  const candidates = () => {
    const { policyDir, rewards } = of();
    return { policyDir, rewards, prompts, seed: 1 };
  };
  return {
    RSO: (run) =>
      runRso({
        ...run,
        ...candidates(),
        samplerDir: of().otherDir,
        examples: [],
        heldOut: [],
        config: configs.rso,
      }),
    RAFT: (run) => runRaft({ ...run, ...candidates(), config: configs.raft }),
    ReST: (run) => runRest({ ...run, ...candidates(), config: configs.rest }),
    'the random twin of ReST': (run) =>
      runRest({ ...run, ...candidates(), config: configs.rest, isRandomTwin: true }),
    'best of n': (run) => runBestOfN({ ...run, ...candidates(), config: configs.bestOfN }),
    "learning from people's scores": async (run) => {
      const { policyDir, otherDir } = of();
      return trainOnline({
        ...run,
        policyDir,
        referenceDir: otherDir,
        behaviours: { 'the base': policyDir },
        ...(await scoredSamples(policyDir)),
        config: configs.online,
        seed: 1,
      });
    },
  };
}

async function scoredSamples(modelDir: string) {
  const config = SamplingConfig.parse({ maxNewTokens: 6, temperature: 1, topK: 0, topP: 1 });
  const drawn = await sampleFromFolder({ modelDir, prompts, k: 1, config, seed: 3 });
  const scored = drawn.map(({ promptId, text, tokenIds, logProbs }) => ({
    promptId,
    promptText: prompts.find(({ id }) => id === promptId)?.text ?? '',
    tokenIds,
    logProbs,
    score: centreScore(taste(text) > 0.5 ? 1 : 0, { min: 0, max: 1 }),
    weight: 1,
    drawnBy: 'the base',
  }));
  return { examples: scored.slice(4), heldOut: scored.slice(0, 4) };
}
