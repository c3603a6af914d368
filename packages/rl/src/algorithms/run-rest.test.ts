import { RestConfig } from '@rankloop/contracts';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../engine/use-engine.ts';
import { testEngine } from '../testing/test-engines.ts';
import { writeTinyReward } from '../testing/tiny-reward.ts';
import { freshFolder, tinyPrompts, writeTinyBase } from '../testing/tiny-world.ts';
import { runRest } from './run-rest.ts';

const SLOW_MS = 90_000;

const prompts = tinyPrompts(64);
let policyDir: string;
let rewards: string;
beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  policyDir = await writeTinyBase();
  rewards = await writeTinyReward(policyDir);
}, SLOW_MS);

const config = RestConfig.parse({
  growSteps: 2,
  improveSteps: 2,
  firstThreshold: 0.6,
  lastThreshold: 0.7,
  prompts: 32,
  candidates: 8,
  learningRate: 1e-2,
  maxNewTokens: 10,
  temperature: 1,
  missingEndPenalty: 0,
  warmupFraction: 0,
});

async function run(changes: Partial<RestConfig> = {}) {
  const outDir = join(await freshFolder(), 'policy');
  return runRest({
    policyDir,
    rewards,
    outDir,
    prompts: prompts.slice(0, 32),
    heldOutPrompts: prompts.slice(32),
    config: { ...config, ...changes },
    seed: 1,
  });
}

describe('ReST', { timeout: SLOW_MS }, () => {
  it('moves the policy to a higher reward on prompts that it never trained on', async () => {
    const report = await run();
    // The other half said which steps were kept.
    expect(report.reward.winRate.n).toBe(16);
    const chosenBy = report.history.map(({ heldOutReward }) => heldOutReward);
    expect(chosenBy).not.toContain(report.reward.after);
    expect(report.reward.winRate.low).toBeGreaterThan(0.5);
    expect(report.reward.after).toBeGreaterThan(report.reward.before + 0.3);
  });

  it('draws its second data set from the policy that the first one made', async () => {
    const { history } = await run({ improveSteps: 1, learningRate: 5e-3 });
    const [first, second] = history;
    expect([first?.grow, second?.grow]).toEqual([1, 2]);
    expect(second?.keptReward).toBeGreaterThan(first?.keptReward ?? NaN);
  });
});
