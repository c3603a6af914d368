import { OnlineConfig, SamplingConfig } from '@rankloop/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../engine/use-engine.ts';
import { winRate } from '../evaluation/win-rate.ts';
import { testEngine } from '../testing/test-engines.ts';
import { freshFolder, haveSameWeights, taste, tinyPrompts, writeTinyBase } from '../testing/tiny-world.ts';
import '../testing/to-be-all-close.ts';
import { centreScore } from './online/centre-score.ts';
import type { OnlineExample, TrainOnlineOptions } from './online/types.ts';
import { sampleFromFolder } from './sample-from-folder.ts';
import { trainOnline } from './train-online.ts';
import { DivergedError } from './types.ts';

/** Training beside other load; a test that hangs ends all the same. */
const SLOW_MS = 120_000;
const prompts = tinyPrompts(24);
const sampling = SamplingConfig.parse({ maxNewTokens: 12, temperature: 0.9 });
const config = OnlineConfig.parse({
  learningRate: 4e-3,
  epochs: 8,
  batchSamples: 24,
  stopUpdateKl: 1,
  klCoefficient: 0.01,
});
let base: string;
/** Thumbs up or down for four fresh outputs of each prompt. */
let examples: OnlineExample[];

beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  base = await writeTinyBase();
  const drawn = await sampleFromFolder({ modelDir: base, prompts, k: 4, config: sampling, seed: 3 });
  examples = drawn.map(({ promptId, text, tokenIds, logProbs }) => ({
    promptId,
    promptText: prompts.find(({ id }) => id === promptId)?.text ?? '',
    tokenIds,
    logProbs,
    score: centreScore(taste(text) > 0.5 ? 1 : 0, { min: 0, max: 1 }),
    weight: 1,
    drawnBy: 'the base',
  }));
}, SLOW_MS);

async function run(changes: Partial<TrainOnlineOptions> = {}) {
  const outDir = join(await freshFolder(), 'policy');
  const curve: Record<string, number>[] = [];
  const report = await trainOnline({
    policyDir: base,
    outDir,
    examples,
    config,
    seed: 1,
    onMetrics: (_step, _total, values) => curve.push(values),
    ...changes,
  });
  return { report, outDir, curve };
}

async function tastes(modelDir: string): Promise<number[]> {
  const drawn = await sampleFromFolder({ modelDir, prompts, k: 4, config: sampling, seed: 9 });
  return drawn.map(({ text }) => taste(text));
}

/** As if another policy had drawn them: it found every token e times as likely. */
const stale = (of: readonly OnlineExample[]) =>
  of.map((one) => ({ ...one, logProbs: one.logProbs.map((logProb) => logProb + 1) }));

describe("learning from people's scores alone", { timeout: SLOW_MS }, () => {
  it('moves the policy to what they like, and held-out scores say so', async () => {
    const heldOut = examples.filter(({ promptId }) => /[05]$/.test(promptId));
    const train = examples.filter((example) => !heldOut.includes(example));
    const { outDir, report } = await run({ examples: train, heldOut });
    expect(winRate(await tastes(outDir), await tastes(base)).low).toBeGreaterThan(0.55);
    expect(report).toMatchObject({ samples: train.length, used: train.length, refusedStale: 0 });
    const { before = NaN, after = NaN, effectiveSamples = NaN } = report.heldOutScore ?? {};
    expect(after).toBeGreaterThan(before);
    expect(effectiveSamples).toBeLessThanOrEqual(heldOut.length);
  });

  it('goes the other way where they like the opposite', async () => {
    const { outDir } = await run({ examples: examples.map((one) => ({ ...one, score: -one.score })) });
    expect(winRate(await tastes(outDir), await tastes(base)).high).toBeLessThan(0.45);
  });

  it('refuses stale samples: they move nothing, bit for bit, and are counted', async () => {
    const short = { ...config, epochs: 1 };
    const misleading = stale(examples).map((one) => ({ ...one, score: -one.score }));
    const [fresh, mixed] = [
      await run({ config: short }),
      await run({ examples: [...misleading, ...examples], config: short }),
    ];
    expect(await haveSameWeights(fresh.outDir, mixed.outDir)).toBe(true);
    expect(mixed.report).toMatchObject({ refusedStale: examples.length, used: examples.length });
    const lenient = { ...short, staleRatio: 3 };
    const all = await run({ examples: [...misleading, ...examples], config: lenient });
    expect(all.report).toMatchObject({ refusedStale: 0, used: 2 * examples.length });
    expect(await haveSameWeights(fresh.outDir, all.outDir)).toBe(false);
  });

  it('says what to do where nothing is fresh, and writes nothing', async () => {
    const outDir = join(await freshFolder(), 'policy');
    await expect(run({ examples: stale(examples), outDir })).rejects.toThrow(
      `None of ${examples.length} scored outputs can be learned from: ${examples.length} of them were drawn by a policy too far`,
    );
    expect(existsSync(outDir)).toBe(false);
  });

  it('takes log-probabilities again where the policy that drew is at hand; the sampler was near', async () => {
    const { report, curve } = await run({
      behaviours: { 'the base': base },
      config: { ...config, epochs: 1, batchSamples: 96 },
    });
    expect(report.recomputed).toBe(examples.length);
    expect(report.samplerGap).toBeLessThan(1e-4);
    expect(curve[0]?.['val/ratio']).toBeAllClose(1, { atol: 1e-5 });
    // Whatever was stored no longer matters.
    const wrong = await run({
      examples: stale(examples),
      behaviours: { 'the base': base },
      config: { ...config, epochs: 1 },
    });
    expect(wrong.report.refusedStale).toBe(0);
    expect(wrong.report.samplerGap).toBeCloseTo(1, 3);
  });

  it('leaves out what cannot be read: missing numbers, unknown tokens, no weight', async () => {
    const [one] = examples;
    if (one === undefined) throw new Error('an example');
    const unusable = [
      { ...one, logProbs: one.logProbs.slice(2) },
      { ...one, tokenIds: one.tokenIds.map(() => 9999) },
      { ...one, weight: 0 },
      { ...one, score: NaN },
    ];
    const short = { ...config, epochs: 1 };
    const { report } = await run({ examples: [...unusable, ...examples], config: short });
    expect(report).toMatchObject({ refusedUnusable: 4, used: examples.length });
  });

  it('stays nearer to the reference where leaving it costs more', async () => {
    const movedBy = async (klCoefficient: number) =>
      (await run({ config: { ...config, klCoefficient } })).curve.at(-1)?.['kl'] ?? NaN;
    expect(await movedBy(3)).toBeLessThan(0.5 * (await movedBy(0)));
  });

  it('ends its passes when the policy has moved far enough', async () => {
    const { report } = await run({ config: { ...config, stopUpdateKl: 0.001 } });
    expect(report.passes).toBeLessThan(config.epochs);
  });

  it('ends as diverged when a step is no number, and stops when it is cancelled', async () => {
    const wild = { ...config, learningRate: 1e38, maxGradNorm: 1e38, stopUpdateKl: 1e30 };
    await expect(run({ config: wild })).rejects.toThrow(DivergedError);
    const cancelled = AbortSignal.abort(new Error('cancelled by a person'));
    await expect(run({ signal: cancelled })).rejects.toThrow('cancelled by a person');
  });

  it('is the same for the same seed, bit for bit, and leaves no tensor behind', async () => {
    const short = { ...config, epochs: 1 };
    const first = await run({ config: short });
    const before = tf.memory().numTensors;
    const second = await run({ config: short });
    expect(tf.memory().numTensors).toBe(before);
    expect(await haveSameWeights(first.outDir, second.outDir)).toBe(true);
  });
});
