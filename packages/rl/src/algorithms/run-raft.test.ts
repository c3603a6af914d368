import { RaftConfig, SamplingConfig } from '@rankloop/contracts';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../engine/use-engine.ts';
import { winRate } from '../evaluation/win-rate.ts';
import { testEngine } from '../testing/test-engines.ts';
import { writeTinyReward } from '../testing/tiny-reward.ts';
import { freshFolder, taste, tinyPrompts, writeTinyBase } from '../testing/tiny-world.ts';
import { runRaft } from './run-raft.ts';
import { sampleFromFolder } from './sample-from-folder.ts';

const SLOW_MS = 90_000;

const prompts = tinyPrompts(64);
const sampling = SamplingConfig.parse({ maxNewTokens: 10, temperature: 1 });
let policyDir: string;
let rewards: string;
beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  policyDir = await writeTinyBase();
  rewards = await writeTinyReward(policyDir);
}, SLOW_MS);

const config = RaftConfig.parse({
  iterations: 3,
  prompts: 32,
  candidates: 8,
  learningRate: 1e-2,
  epochs: 2,
  maxNewTokens: 10,
  temperature: 1,
  missingEndPenalty: 0,
  warmupFraction: 0,
});

async function run(changes: Partial<RaftConfig> = {}) {
  const outDir = join(await freshFolder(), 'policy');
  const curve: Record<string, number>[] = [];
  const report = await runRaft({
    policyDir,
    rewards,
    outDir,
    prompts,
    config: { ...config, ...changes },
    seed: 1,
    onMetrics: (_step, _total, values) => curve.push(values),
  });
  return { report, outDir, curve };
}

describe('RAFT', { timeout: SLOW_MS }, () => {
  it('moves the policy towards what people like: the reward rises and their taste agrees', async () => {
    const { report, outDir, curve } = await run();
    expect(report.reward.winRate.low).toBeGreaterThan(0.5);
    expect(report.reward.after).toBeGreaterThan(report.reward.before + 0.3);
    expect(curve.at(-1)?.['reward']).toBeGreaterThan(curve[0]?.['reward'] ?? NaN);
    const tasteOf = async (modelDir: string) =>
      (await sampleFromFolder({ modelDir, prompts, k: 2, config: sampling, seed: 5 })).map(({ text }) =>
        taste(text),
      );
    const { low } = winRate(await tasteOf(outDir), await tasteOf(policyDir));
    expect(low).toBeGreaterThan(0.5);
  });

  it('keeps the best of each prompt, or the stated share of all', async () => {
    const sizes = { iterations: 1, prompts: 10, candidates: 4 };
    const local = await run({ ...sizes, ranking: 'local' });
    expect(local.report).toMatchObject({ drawn: 40, kept: 10 });
    const global = await run({ ...sizes, ranking: 'global', fraction: 0.1 });
    expect(global.report).toMatchObject({ drawn: 40, kept: 4 });
    // The same candidates: the best of all are better than the best of each.
    expect(global.curve[0]?.['reward']).toBe(local.curve[0]?.['reward']);
    expect(global.curve[0]?.['reward_chosen']).toBeGreaterThan(local.curve[0]?.['reward_chosen'] ?? NaN);
  });
});
