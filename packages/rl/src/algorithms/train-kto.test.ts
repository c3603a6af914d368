import { KtoConfig, SamplingConfig } from '@rankloop/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { splitByPrompt } from '../data/split.ts';
import { AdamW } from '../engine/optimizer.ts';
import { Random } from '../engine/random.ts';
import { useEngine } from '../engine/use-engine.ts';
import { winRate } from '../evaluation/win-rate.ts';
import { CausalLm } from '../models/causal-lm.ts';
import { hasNative, testEngine } from '../testing/test-engines.ts';
import {
  freshFolder,
  haveSameWeights,
  taste,
  tinyExamples,
  tinyPrompts,
  tinyTokenizer,
  writeTinyBase,
} from '../testing/tiny-world.ts';
import '../testing/to-be-all-close.ts';
import { scoreSequences } from './dpo/output-log-probs.ts';
import { KtoTraining, type AnchoredThumb } from './kto/kto-step.ts';
import { prepareThumbs } from './kto/prepare.ts';
import { sideWeights } from './kto/side-weights.ts';
import type { KtoExample, TrainKtoOptions } from './kto/types.ts';
import { sampleFromFolder } from './sample-from-folder.ts';
import { trainKto } from './train-kto.ts';
import { DivergedError } from './types.ts';

let base: string;
beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  base = await writeTinyBase();
});

const config = KtoConfig.parse({ learningRate: 3e-3, batchSize: 16 });

/** Thumbs of somebody who likes letters of the first half of the alphabet. */
function thumbsOf(prompts: number): KtoExample[] {
  return tinyExamples(prompts, 2).flatMap(({ promptText, completions }) =>
    completions.map((output) => ({ promptText, output, isDesirable: taste(output) >= 0.5, weight: 1 })),
  );
}

async function train(
  examples: readonly KtoExample[],
  changes: Partial<KtoConfig> = {},
  more: Partial<TrainKtoOptions> = {},
) {
  const parts = splitByPrompt(examples, { heldOutFraction: 0.25, seed: 1 });
  const outDir = join(await freshFolder(), 'policy');
  const curve: Record<string, number>[] = [];
  const report = await trainKto({
    policyDir: base,
    outDir,
    examples: parts.train,
    heldOut: parts.heldOut,
    config: { ...config, ...changes },
    seed: 1,
    onMetrics: (_step, _total, values) => curve.push(values),
    ...more,
  });
  return { report, outDir, curve };
}

describe('learning from thumbs', { timeout: 120_000 }, () => {
  it.each(['kto', 'apo-zero'] as const)('moves the policy towards what people like: %s', async (loss) => {
    const { report, outDir, curve } = await train(thumbsOf(120), { loss, epochs: 2 });
    expect(report.heldOutAccuracy?.low).toBeGreaterThan(0.6);
    expect(report.steps).toBe(curve.length);
    expect(curve.at(-1)?.['rewards/margins']).toBeGreaterThan(0);
    const prompts = tinyPrompts(64);
    const sampling = SamplingConfig.parse({ maxNewTokens: 12, temperature: 1 });
    const tasteOf = async (modelDir: string) =>
      (await sampleFromFolder({ modelDir, prompts, k: 2, config: sampling, seed: 5 })).map(({ text }) =>
        taste(text),
      );
    expect(winRate(await tasteOf(outDir), await tasteOf(base)).low).toBeGreaterThan(0.52);
  });

  it('begins where the reference is: loss one half of the weights, no reward, no KL', async () => {
    const { curve } = await train(thumbsOf(12), { balance: false });
    expect(curve[0]?.['loss']).toBeAllClose(0.5, { atol: 1e-5, rtol: 0 });
    for (const name of ['kl', 'rewards/chosen', 'rewards/rejected', 'rewards/margins'])
      expect(curve[0]?.[name]).toBeAllClose(0, { atol: 1e-5 });
  });

  it('is held to the reference that it is given, and measures how far it is from it', async () => {
    const referenceDir = await writeTinyBase(2);
    const { curve } = await train(thumbsOf(12), {}, { referenceDir });
    expect(curve[0]?.['loss']).not.toBeAllClose(0.5, { atol: 1e-4, rtol: 0 });
  });

  it('learns from one side alone', async () => {
    const good = thumbsOf(24).filter(({ isDesirable }) => isDesirable);
    const { report, curve } = await train(good);
    expect(report).toMatchObject({ undesirable: 0, sideWeights: { desirable: 1, undesirable: 1 } });
    expect(curve.at(-1)).not.toHaveProperty('rewards/rejected');
  });

  it('is the same for the same seed, bit for bit', async () => {
    const [first, second] = [await train(thumbsOf(16)), await train(thumbsOf(16))];
    expect(second.curve).toEqual(first.curve);
    expect(await haveSameWeights(first.outDir, second.outDir)).toBe(true);
  });

  it('leaves out what counts nothing, and refuses when there is nothing else', async () => {
    const examples = thumbsOf(8);
    const silent = examples.map((example) => ({ ...example, weight: 0 }));
    await expect(train(silent)).rejects.toThrow('nothing to learn from');
    const { report } = await train([...examples, ...silent.slice(0, 3)]);
    expect(report.skippedExamples).toBe(3);
  });

  it('ends as diverged when the loss is not a number, and writes nothing', async () => {
    const outDir = join(await freshFolder(), 'policy');
    const wild = { ...config, learningRate: 1e30, maxGradNorm: 1e30 };
    await expect(train(thumbsOf(64), {}, { outDir, config: wild })).rejects.toThrow(DivergedError);
    expect(existsSync(outDir)).toBe(false);
  });

  it('stops between steps when it is cancelled', async () => {
    const controller = new AbortController();
    const onMetrics = (step: number) => {
      if (step === 2) controller.abort(new Error('cancelled by a person'));
    };
    const ending = train(thumbsOf(40), {}, { signal: controller.signal, onMetrics });
    await expect(ending).rejects.toThrow('cancelled by a person');
  });

  it('leaves no tensor behind', async () => {
    await train(thumbsOf(8));
    const before = tf.memory().numTensors;
    await train(thumbsOf(8));
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('an output of another prompt', () => {
  const limits = { maxTokens: 40, eosTokenId: 0, bosTokenId: undefined };
  const thumb = (promptText: string, output: string): KtoExample => ({
    promptText,
    output,
    isDesirable: true,
    weight: 1,
  });

  it('stands beside every output, after its own prompt', () => {
    const given = [thumb('a:', 'b'), thumb('a:', 'c'), thumb('d:', 'e'), thumb('f:', 'g')];
    const { thumbs } = prepareThumbs(tinyTokenizer, given, limits, new Random(1));
    const textOf = (ids: readonly number[]) => tinyTokenizer.decode(ids.slice(0, -1));
    for (const { promptText, mismatched } of thumbs) {
      expect(tinyTokenizer.decode([...(mismatched?.promptIds ?? [])])).toBe(promptText);
      const stranger = textOf(mismatched?.outputIds ?? []);
      expect(given.find(({ output }) => output === stranger)?.promptText).not.toBe(promptText);
    }
  });

  it('is missing where all outputs are of one prompt', () => {
    const { thumbs } = prepareThumbs(
      tinyTokenizer,
      [thumb('a:', 'b'), thumb('a:', 'c')],
      limits,
      new Random(1),
    );
    expect(thumbs.map(({ mismatched }) => mismatched)).toEqual([null, null]);
  });
});

describe('the weights of both sides', () => {
  const good = { isDesirable: true, weight: 1 };
  const bad = { isDesirable: false, weight: 0.5 };
  const weights = { balance: true, desirableWeight: 1, undesirableWeight: 1 };

  it('make the rarer one count as much as the other', () => {
    expect(sideWeights([good, good, good, bad, bad], weights)).toEqual({ desirable: 1, undesirable: 3 });
    const chosen = { ...weights, desirableWeight: 4 / 3 };
    expect(sideWeights([good, bad, bad], chosen)).toEqual({ desirable: 4 / 3, undesirable: 1 });
  });

  it('are as configured where nothing is balanced', () => {
    const plain = { balance: false, desirableWeight: 2, undesirableWeight: 0.5 };
    expect(sideWeights([good, good, bad], plain)).toEqual({ desirable: 2, undesirable: 0.5 });
    expect(sideWeights([good], weights)).toEqual({ desirable: 1, undesirable: 1 });
  });
});

describe('one update', { timeout: 300_000 }, () => {
  async function stepOn(change: (thumbs: AnchoredThumb[]) => AnchoredThumb[]) {
    const model = await CausalLm.fromFolder(base);
    const reference = await CausalLm.fromFolder(await writeTinyBase(2));
    const limits = { maxTokens: 40, eosTokenId: 0, bosTokenId: undefined };
    const { thumbs } = prepareThumbs(tinyTokenizer, thumbsOf(5), limits, new Random(1));
    const score = (pick: 'output' | 'mismatched') =>
      scoreSequences(
        reference,
        thumbs.map((thumb) => thumb[pick] ?? thumb.output),
        () => Promise.resolve(),
      );
    const [outputs, mismatched] = [await score('output'), await score('mismatched')];
    const anchored = thumbs.map((thumb, i) => ({
      ...thumb,
      refLogProb: outputs[i] ?? NaN,
      refMismatched: mismatched[i] ?? NaN,
    }));
    const optimizer = new AdamW([...model.params.values()]);
    const objective = { loss: 'kto', beta: 0.1 } as const;
    const training = new KtoTraining(model, optimizer, objective, { desirable: 1.5, undesirable: 1 });
    const first = training.step(change(anchored), 1e-3);
    const second = training.step(change(anchored), 1e-3);
    for (const part of [training, optimizer, model, reference]) part.dispose();
    return [first['loss'], first['grad_norm'], first['kl'], second['loss'], second['kl']].map(Number);
  }

  it('does not depend on the order of the outputs', async () => {
    const there = await stepOn((thumbs) => thumbs);
    expect(await stepOn((thumbs) => [...thumbs].reverse())).toBeAllClose(there, { rtol: 1e-3, atol: 1e-4 });
    expect(there.every(Number.isFinite)).toBe(true);
  });

  it('counts an output by its weight: twice as much is the output given twice', async () => {
    // All of them twice as much is the same as before: weights are shares.
    const plain = await stepOn((thumbs) => thumbs);
    const doubled = await stepOn((thumbs) => thumbs.map((thumb) => ({ ...thumb, weight: 2 })));
    expect(doubled).toBeAllClose(plain, { rtol: 1e-3, atol: 1e-4 });
    const noStrangers = (thumbs: AnchoredThumb[]) =>
      thumbs.map((thumb) => ({ ...thumb, mismatched: null, refMismatched: 0 }));
    const weighed = await stepOn((thumbs) =>
      noStrangers(thumbs).map((thumb, i) => ({ ...thumb, weight: i === 0 ? 2 : 1 })),
    );
    const repeated = await stepOn((thumbs) => [...noStrangers(thumbs.slice(0, 1)), ...noStrangers(thumbs)]);
    expect(weighed).toBeAllClose(repeated, { rtol: 1e-3, atol: 1e-4 });
  });

  it.skipIf(!hasNative)('gives the same on native as on wasm', async () => {
    const onWasm = await stepOn((thumbs) => thumbs);
    await useEngine({ prefer: 'native' });
    const onNative = await stepOn((thumbs) => thumbs);
    await useEngine({ prefer: testEngine });
    expect(onNative).toBeAllClose(onWasm, { rtol: 1e-3, atol: 1e-4 });
  });
});
