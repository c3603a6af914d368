import { RewardConfig, SamplingConfig } from '@rankloop/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { pairsOfRanks } from '../data/pairs.ts';
import { splitByPrompt } from '../data/split.ts';
import { AdamW } from '../engine/optimizer.ts';
import { useEngine } from '../engine/use-engine.ts';
import { testEngine } from '../testing/test-engines.ts';
import {
  allTied,
  freshFolder,
  haveSameWeights,
  taste,
  tinyExamples,
  tinyTokenizer,
  writeTinyBase,
} from '../testing/tiny-world.ts';
import '../testing/to-be-all-close.ts';
import { readModelFolder } from '../weights/model-folder.ts';
import type { PreparedPrompt } from './reward/prepare.ts';
import { RewardTraining } from './reward/reward-step.ts';
import { RewardModel } from './reward-model.ts';
import { sampleFromFolder } from './sample-from-folder.ts';
import { scoreWithRewardModel } from './score-with-reward-model.ts';
import { cosineToTenth } from './step-control.ts';
import { trainRewardModel } from './train-reward-model.ts';
import { formulas } from '../testing/golden.ts';
import { DivergedError, type PreferenceExample } from './types.ts';

let base: string;
beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  base = await writeTinyBase();
});

const sampling = SamplingConfig.parse({ maxNewTokens: 12 });
const config = RewardConfig.parse({
  learningRate: 5e-3,
  epochs: 3,
  batchPrompts: 16,
  normalisationSamples: 32,
});

async function train(
  examples: readonly PreferenceExample[],
  changes: Partial<RewardConfig> = {},
  signal?: AbortSignal,
) {
  const parts = splitByPrompt(examples, { heldOutFraction: 0.25, seed: 1 });
  const outDir = join(await freshFolder(), 'reward');
  const losses: number[] = [];
  const report = await trainRewardModel({
    base,
    outDir,
    examples: parts.train,
    heldOut: parts.heldOut,
    config: { ...config, ...changes },
    sampling,
    seed: 1,
    signal,
    onMetrics: (_step, _total, { loss }) => losses.push(loss ?? NaN),
  });
  return { report, outDir, losses };
}

describe('training a reward model', { timeout: 300_000 }, () => {
  it('learns what people prefer and says how well on prompts it never saw', async () => {
    const { report, outDir, losses } = await train(tinyExamples(160));
    expect(losses[0]).toBeAllClose(Math.log(2), { atol: 0.5 });
    expect(report.heldOutAccuracy?.value).toBeGreaterThan(0.8);
    expect(report.heldOutAccuracy?.low).toBeGreaterThan(0.7);
    expect(report.calibration.length).toBeGreaterThan(0);
    expect(report.steps).toBe(losses.length);

    // The folder is complete, and its scores follow the taste.
    const texts = ['abcdefgh', 'abcdnopq', 'nopqrstu'];
    const scores = await scoreWithRewardModel({
      rewardDir: outDir,
      items: texts.map((completion) => ({ prompt: { text: 'ab:' }, completion })),
    });
    expect([...scores].sort((a, b) => b - a)).toEqual(scores);
    expect(texts.map(taste)).toEqual([1, 0.5, 0]);
  });

  it('gives new outputs of the base scores of mean 0 and deviation 1', async () => {
    const { outDir } = await train(tinyExamples(60), { normalisationSamples: 256 });
    const prompts = tinyExamples(64).map(({ promptId, promptText }) => ({ id: promptId, text: promptText }));
    const drawn = await sampleFromFolder({ modelDir: base, prompts, k: 4, config: sampling, seed: 99 });
    const textOf = new Map(prompts.map(({ id, text }) => [id, text]));
    const scores = await scoreWithRewardModel({
      rewardDir: outDir,
      items: drawn.map(({ promptId, text }) => ({
        prompt: { text: textOf.get(promptId) ?? '' },
        completion: text,
      })),
    });
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    const deviation = Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length);
    expect([mean, deviation]).toBeAllClose([0, 1], { atol: 0.3 });
  });

  it('is the same for the same seed, bit for bit', async () => {
    const [first, second] = [await train(tinyExamples(24)), await train(tinyExamples(24))];
    expect(second.losses).toEqual(first.losses);
    expect(await haveSameWeights(first.outDir, second.outDir)).toBe(true);
  });

  it('skips a judgement without a pair and refuses when there is nothing else', async () => {
    const examples = tinyExamples(24);
    const tied = allTied(examples);
    await expect(train(tied)).rejects.toThrow('nothing to learn from');
    const { report } = await train([...examples, ...tied.slice(0, 5)]);
    expect(report.skippedJudgements).toBe(5);
  });

  it('ends as diverged when the loss is not a number', async () => {
    const ending = train(tinyExamples(64), { learningRate: 1e30, maxGradNorm: 1e30 });
    await expect(ending).rejects.toThrow(DivergedError);
  });

  it('stops between steps when it is cancelled', async () => {
    const controller = new AbortController();
    controller.abort(new Error('cancelled by a person'));
    await expect(train(tinyExamples(24), {}, controller.signal)).rejects.toThrow('cancelled by a person');
  });

  it('is written so that Hugging Face finds a sequence classifier with one label', async () => {
    const { outDir } = await train(tinyExamples(24));
    const { configJson, tensors } = await readModelFolder(outDir);
    expect(configJson).toMatchObject({ architectures: ['GPT2ForSequenceClassification'], num_labels: 1 });
    expect(tensors.get('score.weight')?.shape).toEqual([1, 32]);
  });

  it('lets the learning rate fall as a cosine to a tenth', () => {
    const expected = formulas.cosine_to_10pct;
    expect([0, 50, 100].map((step) => cosineToTenth(step, 100))).toBeAllClose([
      expected['0'],
      expected['0.5'],
      expected['1'],
    ]);
  });
});

describe('scores of a reward model', () => {
  it('read no more of a text than training did, also from its folder', async () => {
    const { outDir } = await train(tinyExamples(8), { maxTokens: 10, epochs: 1, normalisationSamples: 8 });
    const ending = 'abcdefghi:';
    // Cut from its start to what is left beside the output: the two differ only in what training never saw.
    const items = ['', 'xxxxxxxxxx'].map((start) => ({
      prompt: { text: start + ending },
      completion: 'klm',
    }));
    const [short, long] = await scoreWithRewardModel({ rewardDir: outDir, items });
    expect(long).toBe(short);
  });

  // The last one fills its length, so that alone it has no padding.
  const rows = ['ab:cdefgh', 'x:y', 'kl:mnopqrstuvwxyz', 'a:bcdefg'].map((text) =>
    tinyTokenizer.encode(text),
  );

  it('do not depend on what else is in the batch, on padding, or on the order', async () => {
    const model = await RewardModel.fromBase(base, 1);
    const alone: number[] = [];
    for (const row of rows) alone.push(...(await model.scoreRows([row])));
    expect(await model.scoreRows(rows)).toBeAllClose(alone, { atol: 2e-6 });
    expect((await model.scoreRows([...rows].reverse())).reverse()).toBeAllClose(alone, { atol: 2e-6 });
    model.dispose();
  });

  it('start from a head of deviation 1 / √(d + 1)', async () => {
    const model = await RewardModel.fromBase(base, 1);
    const weights = Array.from(model.head.weight.dataSync());
    const deviation = Math.sqrt(weights.reduce((sum, w) => sum + w * w, 0) / weights.length);
    expect(deviation).toBeAllClose(1 / Math.sqrt(33), { rtol: 0.35 });
    model.dispose();
  });
});

describe('one update', () => {
  const prompt = (text: string, outputs: string[], ranks: (number | null)[]): PreparedPrompt => ({
    promptText: text,
    rows: outputs.map((output) => tinyTokenizer.encode(text + output)),
    judgements: [{ pairs: pairsOfRanks(ranks), weight: 1, margin: 0 }],
  });
  const batch = [prompt('ab:', ['cd', 'ef', 'xyz'], [1, 2, 3]), prompt('q:', ['rst', 'u'], [2, 1])];

  async function stepOn(prompts: readonly PreparedPrompt[]) {
    const model = await RewardModel.fromBase(base, 1);
    const optimizer = new AdamW(model.params);
    const metrics = new RewardTraining(model, optimizer).step(prompts, 1e-3);
    optimizer.dispose();
    model.dispose();
    return metrics;
  }

  it('does not depend on the order of the prompts', async () => {
    const [there, back] = [await stepOn(batch), await stepOn([...batch].reverse())];
    expect([back.loss, back.grad_norm]).toBeAllClose([there.loss, there.grad_norm], { rtol: 1e-4 });
  });

  it('leaves no tensor behind', async () => {
    const model = await RewardModel.fromBase(base, 1);
    const optimizer = new AdamW(model.params);
    const training = new RewardTraining(model, optimizer);
    training.step(batch, 1e-3);
    const before = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) training.step(batch, 1e-3);
    expect(tf.memory().numTensors).toBe(before);
    optimizer.dispose();
    model.dispose();
  });
});
