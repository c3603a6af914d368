import { DPO_SETTINGS, DpoConfig, SamplingConfig } from '@rankloop/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { splitByPrompt } from '../data/split.ts';
import { useEngine } from '../engine/use-engine.ts';
import { testEngine } from '../testing/test-engines.ts';
import { winRate } from '../evaluation/win-rate.ts';
import {
  allTied,
  freshFolder,
  haveSameWeights,
  taste,
  tinyExamples,
  tinyPrompts,
  tinyTokenizer,
  writeTinyBase,
} from '../testing/tiny-world.ts';
import '../testing/to-be-all-close.ts';
import { assertObjective } from '../losses/dpo-objective.ts';
import { objectiveOf } from './dpo/objective-of.ts';
import { preparePairs } from './dpo/pairs.ts';
import type { TrainDpoOptions } from './dpo/types.ts';
import { sampleFromFolder } from './sample-from-folder.ts';
import { trainDpo, trainDpoOnPairs } from './train-dpo.ts';
import { DivergedError, type PreferenceExample } from './types.ts';

let base: string;
beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  base = await writeTinyBase();
});

const sampling = SamplingConfig.parse({ maxNewTokens: 12, temperature: 1 });
const config = DpoConfig.parse({ learningRate: 1e-3 });

/** What a loss needs to learn in so few steps. */
const LOSS_CHANGES: Partial<Record<DpoConfig['loss'], Partial<DpoConfig>>> = {
  cdpo: { labelSmoothing: 0.1 },
  robust: { labelSmoothing: 0.1 },
  'exo-pair': { labelSmoothing: 0.1 },
  // With less a step moves no lead across the place where its slope turns.
  discopop: { beta: 1 },
};

async function train(
  examples: readonly PreferenceExample[],
  changes: Partial<DpoConfig> = {},
  more: Partial<Pick<TrainDpoOptions, 'signal' | 'referenceDir' | 'outDir' | 'onMetrics'>> = {},
) {
  const parts = splitByPrompt(examples, { heldOutFraction: 0.25, seed: 1 });
  const outDir = join(await freshFolder(), 'policy');
  const curve: Record<string, number>[] = [];
  const report = await trainDpo({
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

describe('direct preference optimisation', { timeout: 300_000 }, () => {
  it('moves the policy towards what people like, without a reward model', async () => {
    const { report, outDir, curve } = await train(tinyExamples(160), { epochs: 2, learningRate: 3e-3 });
    expect(report.heldOutAccuracy?.low).toBeGreaterThan(0.7);
    expect(report.steps).toBe(curve.length);
    expect(curve.at(-1)?.['rewards/margins']).toBeGreaterThan(0.1);

    const prompts = tinyPrompts(64);
    const tasteOf = async (modelDir: string) =>
      (await sampleFromFolder({ modelDir, prompts, k: 2, config: sampling, seed: 5 })).map(({ text }) =>
        taste(text),
      );
    const { low } = winRate(await tasteOf(outDir), await tasteOf(base));
    expect(low).toBeGreaterThan(0.6);
  });

  it('begins where the reference is, whatever shares the batch: loss ln 2, no reward', async () => {
    const { curve } = await train(tinyExamples(24), { batchPairs: 13 });
    expect(curve[0]?.['loss']).toBeAllClose(Math.log(2), { atol: 1e-5, rtol: 0 });
    for (const name of ['rewards/chosen', 'rewards/rejected', 'rewards/margins'])
      expect(curve[0]?.[name]).toBeAllClose(0, { atol: 1e-5 });
  });

  /** By the preferred outputs alone nothing is learned of which is better. */
  const ofPairs = DPO_SETTINGS.loss.choices.filter((loss) => loss !== 'sigmoid' && loss !== 'sft');
  it.each(ofPairs)('learns with the %s loss too', async (loss) => {
    const changes = DpoConfig.parse({ ...config, ...LOSS_CHANGES[loss], loss, epochs: 2 });
    const { report } = await train(tinyExamples(60), changes);
    expect(report.heldOutAccuracy?.value).toBeGreaterThan(0.65);
  });

  it.each([
    { divergence: 'forward-kl' },
    { divergence: 'js-divergence' },
    { tailWeight: 0.5 },
    { bcoWeight: 0.25, sftWeight: 1.25 },
  ] as const)('learns with %j too', async (changes) => {
    const { report, curve } = await train(tinyExamples(60), { ...changes, epochs: 2 });
    expect(report.heldOutAccuracy?.value).toBeGreaterThan(0.65);
    const { curve: plain } = await train(tinyExamples(60), { epochs: 2 });
    expect(curve.at(-1)?.['loss']).not.toBe(plain.at(-1)?.['loss']);
  });

  it('begins where the reference is, tokens beyond the shorter output counting less or not at all', async () => {
    for (const tailWeight of [0.5, 0]) {
      const { curve } = await train(tinyExamples(24), { tailWeight });
      expect(curve[0]?.['loss']).toBeAllClose(Math.log(2), { atol: 1e-5, rtol: 0 });
      expect(curve[0]?.['rewards/chosen']).toBeAllClose(0, { atol: 1e-5 });
    }
  });

  it('keeps preferred outputs likelier where they are examples as well', async () => {
    const [plain, beside] = [
      await train(tinyExamples(60), { epochs: 2 }),
      await train(tinyExamples(60), { epochs: 2, sftWeight: 2 }),
    ];
    const last = ({ curve }: typeof plain) => curve.at(-1)?.['rewards/chosen'] ?? NaN;
    expect(last(beside)).toBeGreaterThan(last(plain) + 0.01);
  });

  it('takes every objective that the settings allow', () => {
    for (const loss of DPO_SETTINGS.loss.choices)
      for (const divergence of DPO_SETTINGS.divergence.choices)
        for (const labelSmoothing of [0, 0.1])
          for (const beside of [{}, { sftWeight: 1 }, { bcoWeight: 1 }]) {
            const parsed = DpoConfig.safeParse({ loss, divergence, labelSmoothing, ...beside });
            if (!parsed.success) continue;
            expect(() => {
              assertObjective(objectiveOf(parsed.data));
            }).not.toThrow();
          }
  });

  it('knows cDPO by its name: the sigmoid with a share of wrong preferences', async () => {
    const [named, plain] = [
      await train(tinyExamples(12), { loss: 'cdpo', labelSmoothing: 0.2 }),
      await train(tinyExamples(12), { loss: 'sigmoid', labelSmoothing: 0.2 }),
    ];
    expect(named.curve).toEqual(plain.curve);
    const { curve } = await train(tinyExamples(12));
    expect(curve.at(-1)?.['loss']).not.toBe(named.curve.at(-1)?.['loss']);
  });

  it('learns given pairs as it does the judgements that they are of', async () => {
    const examples = tinyExamples(16, 2);
    const parts = splitByPrompt(examples, { heldOutFraction: 0.25, seed: 1 });
    const pairsOf = (some: readonly PreferenceExample[]) =>
      some.flatMap(({ promptText, completions, judgements }) =>
        judgements.flatMap(({ ranks, weight }) => {
          const [first = 0, second = 0] = ranks.map(Number);
          const [a = '', b = ''] = completions;
          if (first === second) return [];
          const [chosen, rejected] = first < second ? [a, b] : [b, a];
          return [{ promptText, chosen, rejected, weight }];
        }),
      );
    const outDir = join(await freshFolder(), 'policy');
    const pairs = pairsOf(parts.train);
    const report = await trainDpoOnPairs({
      policyDir: base,
      outDir,
      pairs: [...pairs, ...pairs.slice(0, 2).map((pair) => ({ ...pair, weight: 0 }))],
      heldOut: pairsOf(parts.heldOut),
      config,
      seed: 1,
    });
    const judged = await train(examples);
    expect(await haveSameWeights(outDir, judged.outDir)).toBe(true);
    expect(report).toMatchObject({ trainPairs: pairs.length, skippedJudgements: 2 });
    expect(report.heldOutAccuracy).toEqual(judged.report.heldOutAccuracy);
  });

  it('is held to the reference that it is given', async () => {
    const referenceDir = await writeTinyBase(2);
    const [own, other] = [await train(tinyExamples(12)), await train(tinyExamples(12), {}, { referenceDir })];
    expect(other.curve[0]?.['logps/chosen']).toBe(own.curve[0]?.['logps/chosen']);
    expect(other.curve[0]?.['loss']).not.toBeAllClose(Math.log(2), { atol: 1e-4, rtol: 0 });
  });

  it('is the same for the same seed, bit for bit', async () => {
    const [first, second] = [await train(tinyExamples(24)), await train(tinyExamples(24))];
    expect(second.curve).toEqual(first.curve);
    expect(await haveSameWeights(first.outDir, second.outDir)).toBe(true);
  });

  it('skips a judgement without a pair and refuses when there is nothing else', async () => {
    const examples = tinyExamples(24);
    const tied = allTied(examples);
    await expect(train(tied)).rejects.toThrow('nothing to learn from');
    const { report } = await train([...examples, ...tied.slice(0, 5)]);
    expect(report.skippedJudgements).toBe(5);
  });

  it('ends as diverged when the loss is not a number, and writes nothing', async () => {
    const outDir = join(await freshFolder(), 'policy');
    const ending = train(tinyExamples(64), { learningRate: 1e30, maxGradNorm: 1e30 }, { outDir });
    await expect(ending).rejects.toThrow(DivergedError);
    expect(existsSync(outDir)).toBe(false);
  });

  const lowering = [{ loss: 'sigmoid' }, { loss: 'apo-down' }, { divergence: 'js-divergence' }] as const;
  it.each(lowering)(
    'ends as diverged when it gives up the preferred outputs, and writes nothing: %j',
    async (one) => {
      const outDir = join(await freshFolder(), 'policy');
      const fast = { ...one, batchPairs: 8, epochs: 3 };
      const ending = train(tinyExamples(48), { ...fast, learningRate: 0.1 }, { outDir });
      await expect(ending).rejects.toMatchObject({
        name: 'DivergedError',
        message: expect.stringContaining('nats less likely') as string,
      });
      expect(existsSync(outDir)).toBe(false);
      await expect(train(tinyExamples(48), { ...fast, learningRate: 1e-3 })).resolves.toBeDefined();
    },
  );

  it('stops between steps when it is cancelled', async () => {
    const controller = new AbortController();
    const outDir = join(await freshFolder(), 'policy');
    const onMetrics = (step: number) => {
      if (step === 2) controller.abort(new Error('cancelled by a person'));
    };
    const ending = train(tinyExamples(64), {}, { outDir, signal: controller.signal, onMetrics });
    await expect(ending).rejects.toThrow('cancelled by a person');
    expect(existsSync(outDir)).toBe(false);
  });

  it('leaves no tensor behind', async () => {
    await train(tinyExamples(8));
    const before = tf.memory().numTensors;
    await train(tinyExamples(8));
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('pairs from judgements', () => {
  const limits = { maxTokens: 12, eosTokenId: 0, bosTokenId: undefined };
  const example = (promptText: string, completions: string[], ranks: (number | null)[]) => ({
    promptId: 'p',
    promptText,
    completions,
    judgements: [{ id: 'j', ranks, weight: 1 }],
  });
  const text = (ids: readonly number[]) => tinyTokenizer.decode([...ids]);

  it('are those that the ranks order, each with its share of the judgement', () => {
    const { pairs } = preparePairs(tinyTokenizer, [example('q:', ['a', 'b', 'c'], [2, 1, 2])], limits);
    expect(pairs.map(({ chosenIds }) => text(chosenIds.slice(0, -1)))).toEqual(['b', 'b']);
    expect(pairs.map(({ rejectedIds }) => text(rejectedIds.slice(0, -1)))).toEqual(['a', 'c']);
    expect(pairs.map(({ weight }) => weight)).toEqual([0.5, 0.5]);
    expect(pairs.every(({ chosenIds }) => chosenIds.at(-1) === 0)).toBe(true);
  });

  it('read both outputs after the same prompt, cut from its start, and count what was cut', () => {
    const { pairs, truncatedPairs } = preparePairs(
      tinyTokenizer,
      [example('abcdefghij:', ['k', 'lmnopqrstuvw'], [1, 2])],
      limits,
    );
    expect(truncatedPairs).toBe(1);
    const [pair] = pairs;
    expect(text(pair?.promptIds ?? [])).toBe('ij:');
    expect(text(pair?.rejectedIds ?? [])).toBe('lmnopqrst');
    expect(pair?.chosenIds.at(-1)).toBe(0);
    expect(preparePairs(tinyTokenizer, [example('a:', ['b', 'c'], [1, 2])], limits).truncatedPairs).toBe(0);
  });

  it('ends no output that drawing had stopped', () => {
    const judged = { ...example('q:', ['ab', 'cd'], [1, 2]), cutOff: [true, false] };
    const [pair] = preparePairs(tinyTokenizer, [judged], limits).pairs;
    expect(pair?.chosenIds).toEqual(tinyTokenizer.encode('ab'));
    expect(pair?.rejectedIds).toEqual([...tinyTokenizer.encode('cd'), 0]);
  });
});
