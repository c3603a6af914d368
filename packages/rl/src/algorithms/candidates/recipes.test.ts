// What all recipes have in common that draw candidates, choose among them and learn.

import { BestOfNConfig, RaftConfig, RestConfig, RsoConfig } from '@rankloop/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine/use-engine.ts';
import { testEngine } from '../../testing/test-engines.ts';
import { writeTinyReward } from '../../testing/tiny-reward.ts';
import { freshFolder, haveSameWeights, tinyPrompts, writeTinyBase } from '../../testing/tiny-world.ts';
import { runBestOfN } from '../run-best-of-n.ts';
import { runRaft } from '../run-raft.ts';
import { runRest } from '../run-rest.ts';
import { runRso } from '../run-rso.ts';
import { DivergedError } from '../types.ts';
import type { CandidateRunOptions, RewardChange } from './types.ts';

/** Training beside other load; a test that hangs ends all the same. */
const SLOW_MS = 90_000;

let policyDir: string;
let rewards: string;
beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  policyDir = await writeTinyBase();
  rewards = await writeTinyReward(policyDir);
}, SLOW_MS);

const few = { prompts: 16, candidates: 4, maxNewTokens: 8, measurePrompts: 8, missingEndPenalty: 0 };
const learning = { learningRate: 3e-3, warmupFraction: 0 };
const pairs = { candidates: 6, kept: 4, batchPairs: 8, temperature: 1, topK: 0 };
const { candidates: n, ...fewDraws } = few;
type Changes = Partial<Record<'learningRate' | 'maxGradNorm', number>>;

/** Every recipe at its smallest. */
const recipes = {
  rso: async (options: CandidateRunOptions, changes: Changes) =>
    runRso({
      ...options,
      examples: [],
      heldOut: [],
      config: { ...RsoConfig.parse({ ...few, ...learning, ...pairs }), ...changes },
    }),
  raft: async (options: CandidateRunOptions, changes: Changes) =>
    runRaft({
      ...options,
      config: { ...RaftConfig.parse({ ...few, ...learning, iterations: 2 }), ...changes },
    }),
  rest: async (options: CandidateRunOptions, changes: Changes) =>
    runRest({
      ...options,
      config: { ...RestConfig.parse({ ...few, ...learning, growSteps: 1, improveSteps: 2 }), ...changes },
    }),
  'best-of-n': async (options: CandidateRunOptions, changes: Changes) =>
    runBestOfN({
      ...options,
      config: { ...BestOfNConfig.parse({ ...fewDraws, ...learning, n }), ...changes },
    }),
} as const;
type RecipeName = keyof typeof recipes;

async function run(
  recipe: RecipeName,
  more: Partial<CandidateRunOptions> = {},
  changes: Changes = {},
): Promise<{ reward: RewardChange | null; outDir: string; curve: Curve }> {
  const outDir = join(await freshFolder(), 'policy');
  const curve: Curve = [];
  const { reward } = await recipes[recipe](
    {
      policyDir,
      rewards,
      outDir,
      prompts: tinyPrompts(24),
      seed: 1,
      onMetrics: (step, totalSteps, values) => curve.push({ step, totalSteps, values }),
      ...more,
    },
    changes,
  );
  return { reward, outDir: more.outDir ?? outDir, curve };
}
type Curve = { step: number; totalSteps: number; values: Record<string, number> }[];

const names = Object.keys(recipes) as RecipeName[]; // Its own keys.

describe.each(names)('%s', { timeout: SLOW_MS }, (recipe) => {
  it('counts its steps up to the last one, each with finite metrics', async () => {
    const { curve, outDir } = await run(recipe);
    const steps = curve.map(({ step }) => step);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(curve.every(({ step, totalSteps }) => step <= totalSteps)).toBe(true);
    expect(curve.flatMap(({ values }) => Object.values(values)).every(Number.isFinite)).toBe(true);
    expect(curve[0]?.values).toHaveProperty('reward_chosen');
    expect(existsSync(join(outDir, 'model.safetensors'))).toBe(true);
  });

  it('is the same for the same seed, bit for bit, and another for another', async () => {
    const [first, second, other] = [await run(recipe), await run(recipe), await run(recipe, { seed: 2 })];
    expect(second.curve).toEqual(first.curve);
    expect(await haveSameWeights(first.outDir, second.outDir)).toBe(true);
    expect(other.curve).not.toEqual(first.curve);
  });

  it('chooses higher rewards than its random twin, which chooses as many', async () => {
    const [own, twin] = [await run(recipe), await run(recipe, { isRandomTwin: true })];
    const [first, firstOfTwin] = [own.curve[0]?.values, twin.curve[0]?.values];
    expect(firstOfTwin?.['reward']).toBe(first?.['reward']);
    expect(firstOfTwin?.['kept']).toBe(first?.['kept']);
    expect(first?.['reward_chosen']).toBeGreaterThan((firstOfTwin?.['reward_chosen'] ?? NaN) + 0.1);
  });

  it('stops when it is cancelled, and writes nothing', async () => {
    const controller = new AbortController();
    const outDir = join(await freshFolder(), 'policy');
    const onMetrics = () => controller.abort(new Error('cancelled by a person'));
    const ending = run(recipe, { outDir, signal: controller.signal, onMetrics });
    await expect(ending).rejects.toThrow('cancelled by a person');
    expect(existsSync(outDir)).toBe(false);
  });

  it('ends as diverged when the loss is not a number, and writes nothing', async () => {
    const outDir = join(await freshFolder(), 'policy');
    const ending = run(recipe, { outDir }, { learningRate: 1e30, maxGradNorm: 1e30 });
    await expect(ending).rejects.toThrow(DivergedError);
    expect(existsSync(outDir)).toBe(false);
  });

  it('leaves no tensor behind, even when it is cancelled', async () => {
    await run(recipe);
    const before = tf.memory().numTensors;
    await run(recipe);
    expect(tf.memory().numTensors).toBe(before);
    const signal = AbortSignal.abort(new Error('at once'));
    await expect(run(recipe, { signal })).rejects.toThrow('at once');
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses to begin without a prompt', async () => {
    await expect(run(recipe, { prompts: [] })).rejects.toThrow('no prompt');
  });
});
