import { PpoConfig, SamplingConfig } from '@rankloop/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { splitByPrompt } from '../data/split.ts';
import { useEngine } from '../engine/use-engine.ts';
import { testEngine } from '../testing/test-engines.ts';
import { winRate } from '../evaluation/win-rate.ts';
import {
  freshFolder,
  taste,
  tinyExamples,
  tinyPrompts,
  tinyTokenizer,
  writeTinyBase,
} from '../testing/tiny-world.ts';
import { writeTinyReward } from '../testing/tiny-reward.ts';
import { tinyPreset } from '../testing/tiny-preset.ts';
import '../testing/to-be-all-close.ts';
import { readModelFolder, writeModelFolder } from '../weights/model-folder.ts';
import { runPpo } from './run-ppo.ts';
import { sampleFromFolder } from './sample-from-folder.ts';
import { trainRewardModel } from './train-reward-model.ts';
import { DivergedError, type LiveSample } from './types.ts';

/** Training beside other load; a test that hangs ends all the same. */
const SLOW_MS = 90_000;

const prompts = tinyPrompts(64);
const sampling = SamplingConfig.parse({ maxNewTokens: 12, temperature: 1 });
let base: string;
let rewardDir: string;

beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  base = await writeTinyBase();
  rewardDir = await writeTinyReward(base);
}, SLOW_MS);

const config = PpoConfig.parse({
  iterations: 3,
  episodesPerIteration: 16,
  minibatchEpisodes: 8,
  maxNewTokens: 12,
  samplePrompts: 0,
  warmupIterations: 0,
  missingEndPenalty: 0,
});

async function run(
  changes: Partial<PpoConfig> = {},
  more: { signal?: AbortSignal; seed?: number; onStep?: () => void } = {},
) {
  const outDir = join(await freshFolder(), 'policy');
  const curve: Record<string, number>[] = [];
  const samples = new Map<number, LiveSample[]>();
  const report = await runPpo({
    policyDir: base,
    rewardDir,
    outDir,
    prompts,
    config: { ...config, ...changes },
    seed: more.seed ?? 1,
    signal: more.signal,
    onMetrics: (_step, _total, values) => {
      curve.push(values);
      more.onStep?.();
    },
    onSamples: (step, drawn) => samples.set(step, drawn),
  });
  return { report, outDir, curve, samples };
}

describe('PPO', { timeout: SLOW_MS }, () => {
  it('moves the policy towards what people like: the score rises and their taste agrees', async () => {
    const { curve, outDir } = await run({
      iterations: 25,
      episodesPerIteration: 32,
      minibatchEpisodes: 16,
      learningRate: 4e-3,
      criticLearningRate: 4e-3,
    });
    const scoreOf = (metrics: Record<string, number> | undefined) => metrics?.['objective/scores'] ?? NaN;
    expect(scoreOf(curve.at(-1))).toBeGreaterThan(scoreOf(curve[0]) + 1);
    expect(curve.at(-1)?.['objective/kl']).toBeGreaterThan(0);
    const tasteOf = async (modelDir: string) =>
      (await sampleFromFolder({ modelDir, prompts, k: 2, config: sampling, seed: 5 })).map(({ text }) =>
        taste(text),
      );
    const { low } = winRate(await tasteOf(outDir), await tasteOf(base));
    expect(low).toBeGreaterThan(0.6);
  });

  it('begins where the reference is: ratio 1, no KL, nothing clipped', async () => {
    const { curve } = await run({ iterations: 1, innerEpochs: 1, minibatchEpisodes: 16 });
    const [first] = curve;
    expect(first?.['val/ratio']).toBeAllClose(1, { atol: 1e-5 });
    expect(first?.['objective/kl']).toBeAllClose(0, { atol: 1e-4 });
    expect(first?.['policy/approxkl_avg']).toBeAllClose(0, { atol: 1e-9 });
    expect(first?.['policy/clipfrac_avg']).toBe(0);
  });

  it('begins with ratio 1 at another temperature too', async () => {
    const { curve } = await run({ iterations: 1, innerEpochs: 1, minibatchEpisodes: 16, temperature: 0.7 });
    expect(curve[0]?.['val/ratio']).toBeAllClose(1, { atol: 1e-5 });
  });

  it('reports every number under the names that TRL logs', async () => {
    const { curve } = await run({ iterations: 1 });
    const names = [
      'objective/kl',
      'objective/entropy',
      'objective/non_score_reward',
      'objective/rlhf_reward',
      'objective/scores',
      'policy/approxkl_avg',
      'policy/clipfrac_avg',
      'loss/policy_avg',
      'loss/value_avg',
      'val/clipfrac_avg',
      'val/ratio',
      'val/ratio_var',
      'val/num_eos_tokens',
      'explained_variance',
      'tokens_per_second',
    ];
    for (const name of names) expect(curve[0]?.[name], name).toEqual(expect.any(Number));
    expect(Object.values(curve[0] ?? {}).every(Number.isFinite)).toBe(true);
  });

  it('is the same for the same seed, bit for bit, and another for another', async () => {
    const [first, second, other] = [await run(), await run(), await run({}, { seed: 2 })];
    const weights = (dir: string) => readFile(join(dir, 'model.safetensors'));
    expect((await weights(first.outDir)).equals(await weights(second.outDir))).toBe(true);
    expect((await weights(first.outDir)).equals(await weights(other.outDir))).toBe(false);
  });

  it('draws live outputs on fixed prompts, and drawing them changes nothing', async () => {
    const [watched, unwatched] = [await run({ samplePrompts: 2, sampleEvery: 2 }), await run()];
    expect([...watched.samples.keys()]).toEqual([0, 2, 3]);
    const promptsShown = [...watched.samples.values()].map((shown) => shown.map(({ promptId }) => promptId));
    expect(new Set(promptsShown.map((ids) => ids.join()))).toEqual(new Set(['prompt-0,prompt-1']));
    expect(watched.samples.get(0)?.map(({ kl }) => kl)).toBeAllClose([0, 0], { atol: 1e-4 });
    const trace = (one: typeof watched) => one.curve.map((metrics) => metrics['objective/scores']);
    expect(trace(watched)).toEqual(trace(unwatched));
  });

  it('takes the penalty from outputs that were cut off, and only from those', async () => {
    const [free, fined] = [await run({ iterations: 1 }), await run({ iterations: 1, missingEndPenalty: 3 })];
    const cut = 16 - (free.curve[0]?.['val/num_eos_tokens'] ?? NaN);
    const difference =
      (free.curve[0]?.['objective/scores'] ?? NaN) - (fined.curve[0]?.['objective/scores'] ?? NaN);
    expect(cut).toBeGreaterThan(0);
    expect(difference).toBeAllClose((3 * cut) / 16, { atol: 1e-5 });
  });

  it('raises the coefficient when adaptive control sees more KL than its target', async () => {
    const { curve } = await run({
      iterations: 8,
      learningRate: 5e-3,
      klControl: 'adaptive',
      klTarget: 0.1,
      klHorizon: 100,
    });
    const last = curve.at(-1)?.['objective/kl_coefficient'] ?? NaN;
    expect(last).toBeGreaterThan(config.klCoefficient);
  });

  it('ends as diverged with a reason when the policy runs away, and writes nothing', async () => {
    const outDir = join(await freshFolder(), 'policy');
    const ending = runPpo({
      policyDir: base,
      rewardDir,
      outDir,
      prompts,
      seed: 1,
      config: {
        ...config,
        iterations: 30,
        learningRate: 0.1,
        divergenceKl: 1,
        stopUpdateKl: 10,
        maxRatio: 1000,
      },
    });
    await expect(ending).rejects.toThrow(DivergedError);
    await expect(ending).rejects.toThrow(/nats from the reference by iteration \d+ \(limit 1\)|not a number/);
    expect(existsSync(outDir)).toBe(false);
  });

  it('ends as diverged when the weights are no numbers any more', async () => {
    await expect(
      run({ learningRate: 1e38, maxGradNorm: 1e38, divergenceKl: 1e9, stopUpdateKl: 1e9 }),
    ).rejects.toThrow(DivergedError);
  });

  it('stops between steps when it is cancelled', async () => {
    const controller = new AbortController();
    const onStep = () => controller.abort(new Error('cancelled by a person'));
    const ending = run({ iterations: 1000 }, { signal: controller.signal, onStep });
    await expect(ending).rejects.toThrow('cancelled by a person');
  });

  it('refuses a reward model that reads other tokens', async () => {
    const before = tf.memory().numTensors;
    const stranger = await freshFolder();
    const { config: sizes, tensors } = await readModelFolder(rewardDir);
    const tokenizerJson = { ...tinyTokenizer.json, version: '2.0' };
    await writeModelFolder(stranger, { config: sizes, tensors, tokenizerJson });
    const outDir = join(stranger, 'policy');
    const ending = runPpo({ policyDir: base, rewardDir: stranger, outDir, prompts, config, seed: 1 });
    await expect(ending).rejects.toThrow('different tokenizers');
    expect(tf.memory().numTensors).toBe(before);
  });

  it('leaves no tensor behind', async () => {
    await run({ iterations: 1 });
    const before = tf.memory().numTensors;
    await run();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a whole round of the tiny preset', { timeout: SLOW_MS }, () => {
  it('takes at most 15 seconds on wasm', async () => {
    const preset = tinyPreset();
    // Processor time: other work on the machine must not count.
    const started = process.cpuUsage();
    const folder = await freshFolder();
    const { train, heldOut } = splitByPrompt(tinyExamples(40), { ...preset.reward, seed: preset.seed });
    const seed = preset.seed;
    await trainRewardModel({
      base,
      outDir: join(folder, 'reward'),
      examples: train,
      heldOut,
      config: preset.reward,
      sampling: preset.sampling,
      seed,
    });
    await runPpo({
      policyDir: base,
      rewardDir: join(folder, 'reward'),
      outDir: join(folder, 'policy'),
      prompts,
      config: preset.ppo,
      seed,
    });
    const k = preset.outputsPerTask;
    const tasks = prompts.slice(0, preset.newTasks);
    await sampleFromFolder({
      modelDir: join(folder, 'policy'),
      prompts: tasks,
      k,
      config: preset.sampling,
      seed,
    });
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1e6).toBeLessThan(15);
  });
});
