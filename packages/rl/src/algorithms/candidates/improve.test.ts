import { RestConfig } from '@rankloop/contracts';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../../engine/use-engine.ts';
import { testEngine } from '../../testing/test-engines.ts';
import { freshFolder, tinyPrompts, writeTinyBase } from '../../testing/tiny-world.ts';
import '../../testing/to-be-all-close.ts';
import { Stopwatch } from '../progress/stopwatch.ts';
import { Units } from '../progress/units.ts';
import { RewardModel } from '../reward-model.ts';
import type { PromptCandidates } from './draw.ts';
import { improve, type RestRun } from './improve.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

const prompts = tinyPrompts(4);
let policyDir: string;
let rewards: string;
beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  policyDir = await writeTinyBase();
  rewards = join(await freshFolder(), 'reward');
  const untrained = await RewardModel.fromBase(policyDir, 1);
  await untrained.write(rewards);
  untrained.dispose();
});

/** Ten candidates of rewards 0 to 9 for each prompt. */
const drawn: PromptCandidates[] = prompts.map((prompt) => ({
  prompt,
  candidates: Array.from('abcdefghij', (text, reward) => ({
    text,
    reward,
    tokens: 1,
    isCutOff: false,
  })),
}));

const config = RestConfig.parse({
  improveSteps: 3,
  firstThreshold: 0.7,
  lastThreshold: 0.9,
  learningRate: 1e-2,
  warmupFraction: 0,
});

/** One grow step's improvement, after which held-out prompts have these rewards. */
async function improveWith(
  heldOutRewards: readonly number[],
  changes: Partial<RestConfig> = {},
  isRandomTwin = false,
) {
  // Rewards are given here: the reward model is not asked.
  const workshop = await openWorkshop({ policyDir, rewards, prompts, seed: 1 });
  const readings = heldOutRewards.values();
  const weights: string[] = [];
  const run: RestRun = {
    workshop,
    units: await Units.begin({ parts: workshop.parts, stopwatch: new Stopwatch() }),
    gauge: {
      read: () => {
        weights.push(weightsOf(workshop));
        return Promise.resolve([readings.next().value ?? NaN]);
      },
    },
    options: { config: { ...config, ...changes }, isRandomTwin },
    best: [0],
    history: [],
  };
  const before = weightsOf(workshop);
  const stopped = await improve(run, 1, drawn);
  const after = weightsOf(workshop);
  workshop.dispose();
  return { stopped, run, before, after, weights };
}

/** A digest of all weights, so that a difference is told in one line. */
function weightsOf({ policy }: Workshop): string {
  const digest = createHash('sha256');
  for (const { values } of policy.hostTensors().values()) digest.update(Float32Array.from(values));
  return digest.digest('hex');
}

describe('improving on one data set', () => {
  it('learns less and better outputs at each threshold, at a falling rate', async () => {
    const { stopped, run } = await improveWith([1, 2, 3]);
    expect(stopped).toBeNull();
    expect(run.best).toEqual([3]);
    const column = (key: 'threshold' | 'kept' | 'keptReward' | 'learningRate') =>
      run.history.map((step) => step[key]);
    expect(column('threshold')).toBeAllClose([0.7, 0.8, 0.9]);
    expect(column('kept')).toEqual([12, 8, 4]);
    expect(column('keptReward')).toEqual([8, 8.5, 9]);
    expect(column('learningRate')).toBeAllClose([1e-2, 5e-3, 2.5e-3]);
  });

  it('undoes a step after which the held-out reward is lower, and keeps the best', async () => {
    const { stopped, run, before, after, weights } = await improveWith([1, 0.5, 3]);
    expect(stopped).toBeNull();
    expect(run.history.map(({ isKept }) => isKept)).toEqual([true, false]);
    expect(run.best).toEqual([1]);
    expect(after).toEqual(weights[0]);
    expect(after).not.toEqual(weights[1]);
    expect(after).not.toEqual(before);
  });

  it('undoes nothing of the random twin, which is to know no reward', async () => {
    const { stopped, run, after, weights } = await improveWith([-1, -2, -3], {}, true);
    expect(stopped).toBeNull();
    expect(run.history.map(({ isKept }) => isKept)).toEqual([true, true, true]);
    expect(after).toEqual(weights[2]);
  });

  it('says when a data set improved nothing, and leaves the policy as it was', async () => {
    const { stopped, before, after } = await improveWith([-1]);
    expect(stopped).toBe('no-improvement');
    expect(after).toEqual(before);
  });

  it('never learns what is below the mean reward, however low the thresholds', async () => {
    const { run } = await improveWith([1], { improveSteps: 1, firstThreshold: 0 });
    expect(run.history[0]?.threshold).toBeAllClose(0.5);
    expect(run.history[0]?.kept).toBe(20);
  });

  it('ends where nothing is above the first threshold', async () => {
    const { stopped, run } = await improveWith([], { firstThreshold: 1, lastThreshold: 1 });
    expect(stopped).toBe('nothing-above-threshold');
    expect(run.history).toEqual([]);
  });
});
