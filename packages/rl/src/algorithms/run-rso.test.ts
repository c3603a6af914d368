import { RsoConfig, SamplingConfig } from '@rankloop/contracts';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { splitByPrompt } from '../data/split.ts';
import { useEngine } from '../engine/use-engine.ts';
import { winRate } from '../evaluation/win-rate.ts';
import { testEngine } from '../testing/test-engines.ts';
import { writeTinyReward } from '../testing/tiny-reward.ts';
import { freshFolder, taste, tinyExamples, tinyPrompts, writeTinyBase } from '../testing/tiny-world.ts';
import '../testing/to-be-all-close.ts';
import type { RunRsoOptions } from './candidates/types.ts';
import { runRso } from './run-rso.ts';
import { sampleFromFolder } from './sample-from-folder.ts';

const SLOW_MS = 90_000;

const prompts = tinyPrompts(48);
const sampling = SamplingConfig.parse({ maxNewTokens: 10, temperature: 1 });
let policyDir: string;
let rewards: string;
beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  policyDir = await writeTinyBase();
  rewards = await writeTinyReward(policyDir);
}, SLOW_MS);

const config = RsoConfig.parse({
  candidates: 12,
  kept: 4,
  learningRate: 3e-3,
  batchPairs: 16,
  maxNewTokens: 10,
  temperature: 1,
  topK: 0,
  missingEndPenalty: 0,
  warmupFraction: 0,
});

async function run(changes: Partial<RsoConfig> = {}, more: Partial<RunRsoOptions> = {}) {
  const outDir = join(await freshFolder(), 'policy');
  const report = await runRso({
    policyDir,
    rewards,
    outDir,
    prompts,
    examples: [],
    heldOut: [],
    config: { ...config, ...changes },
    seed: 1,
    ...more,
  });
  return { report, outDir };
}

async function tasteOf(modelDir: string): Promise<number[]> {
  const drawn = await sampleFromFolder({ modelDir, prompts, k: 2, config: sampling, seed: 5 });
  return drawn.map(({ text }) => taste(text));
}

describe('RSO', { timeout: SLOW_MS }, () => {
  it('moves the policy towards what people like: the reward rises and their taste agrees', async () => {
    const { report, outDir } = await run({ epochs: 2 });
    expect(report.reward?.winRate.low).toBeGreaterThan(0.5);
    expect(report.candidates?.keptReward).toBeGreaterThan(report.candidates?.meanReward ?? NaN);
    expect(report.dpo.trainPairs).toBe(report.candidates?.pairs);
    const { low } = winRate(await tasteOf(outDir), await tasteOf(policyDir));
    expect(low).toBeGreaterThan(0.5);
  });

  it('pairs half as many outputs as it keeps in a first round, and one fewer in a tournament', async () => {
    const few = { candidates: 6, prompts: 8 };
    const first = (await run(few)).report.candidates;
    expect(first).toMatchObject({ prompts: 8, drawn: 48, kept: 32, ties: 0, pairs: 16, shortPrompts: 0 });
    const tournament = (await run({ ...few, pairing: 'tournament' })).report.candidates;
    expect(tournament?.pairs).toBe(24);
  });

  it('accepts more of the candidates the less it holds on to the best ones', async () => {
    const few = { candidates: 6, prompts: 8 };
    const rateAt = async (acceptanceBeta: number) =>
      (await run({ ...few, acceptanceBeta })).report.candidates?.acceptanceRate ?? NaN;
    const [cold, hot] = [await rateAt(0.001), await rateAt(1000)];
    // Only the best one of six different ones; or all of them.
    expect(cold).toBeAllClose(1 / 6, { atol: 0.02, rtol: 0 });
    expect(hot).toBeGreaterThan(0.98);
  });

  it('without rejection sampling draws and ranks only what it keeps', async () => {
    const { candidates } = (await run({ mode: 'sft-sample-rank', prompts: 8 })).report;
    expect(candidates).toMatchObject({ drawn: 32, kept: 32, pairs: 16 });
  });

  it('says where a prompt has fewer different candidates than are to be kept', async () => {
    const { candidates } = (await run({ prompts: 8, topK: 3, maxNewTokens: 1 })).report;
    expect(candidates?.shortPrompts).toBeGreaterThan(0);
    expect(candidates?.kept).toBe(candidates?.unique);
  });

  it('refuses where no two kept outputs differ', async () => {
    await expect(run({ prompts: 4, topK: 1 })).rejects.toThrow('no two kept outputs');
  });

  it('learns the judgements directly, with or without a reward model to measure by', async () => {
    const { train, heldOut } = splitByPrompt(tinyExamples(24), { heldOutFraction: 0.25, seed: 1 });
    const direct = { examples: train, heldOut };
    const { report } = await run({ mode: 'direct', loss: 'hinge-norm', gamma: 1 }, direct);
    expect(report.candidates).toBeNull();
    expect(report.reward).not.toBeNull();
    expect(report.dpo.heldOutAccuracy?.value).toBeGreaterThan(0.5);
    const alone = await run({ mode: 'direct' }, { ...direct, rewards: undefined, prompts: [] });
    expect(alone.report.reward).toBeNull();
  });

  it('asks for a reward model where outputs are drawn', async () => {
    await expect(run({}, { rewards: undefined })).rejects.toThrow('need a reward model');
  });

  it('draws from the sampler that it is given', async () => {
    const samplerDir = await writeTinyBase(2);
    const few = { prompts: 8, candidates: 6 };
    const [own, other] = [await run(few), await run(few, { samplerDir })];
    expect(other.report.reward?.before).toBe(own.report.reward?.before);
    expect(other.report.candidates?.meanReward).not.toBe(own.report.candidates?.meanReward);
  });
});
