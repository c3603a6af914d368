import { SamplingConfig, SftConfig } from '@rankloop/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../engine/use-engine.ts';
import { CausalLm } from '../models/causal-lm.ts';
import { referenceNextTokenLoss } from '../reference/next-token-loss.ts';
import { finiteDifferences } from '../testing/finite-differences.ts';
import { hasNative, testEngine } from '../testing/test-engines.ts';
import {
  freshFolder,
  haveSameWeights,
  tinyPrompts,
  tinyTokenizer,
  writeTinyBase,
} from '../testing/tiny-world.ts';
import '../testing/to-be-all-close.ts';
import { Tokenizer } from '../tokenizers/tokenizer.ts';
import { readModelFolder, writeModelFolder } from '../weights/model-folder.ts';
import { sampleFromFolder } from './sample-from-folder.ts';
import { nextTokenLoss, NextTokenTraining, type TokenSequence } from './sft/next-token-training.ts';
import type { SftExample, SftSource, TrainSftOptions } from './sft/types.ts';
import { trainSft } from './train-sft.ts';
import { DivergedError } from './types.ts';

let base: string;
beforeAll(async () => {
  await useEngine({ prefer: testEngine });
  base = await writeTinyBase();
});

const config = SftConfig.parse({ learningRate: 3e-3, epochs: 2, batchSize: 8, chosen: true });
const greedy = SamplingConfig.parse({ maxNewTokens: 12, temperature: 0.05 });

/** What the people of this world write: the prompt's first two letters once more. */
function examplesOf(count: number, source: SftSource = 'demonstration', weight = 1): SftExample[] {
  return tinyPrompts(count).map(({ text }) => ({
    promptText: text,
    output: text.slice(0, 2),
    weight,
    source,
  }));
}

async function train(
  examples: readonly SftExample[],
  changes: Partial<SftConfig> = {},
  more: Partial<TrainSftOptions> = {},
) {
  const outDir = join(await freshFolder(), 'policy');
  const curve: Record<string, number>[] = [];
  const report = await trainSft({
    policyDir: base,
    outDir,
    examples,
    heldOut: [],
    config: { ...config, ...changes },
    seed: 1,
    onMetrics: (_step, _total, values) => curve.push(values),
    ...more,
  });
  return { report, outDir, curve };
}

describe('supervised fine-tuning', { timeout: 120_000 }, () => {
  it('learns to write the texts, and to end them', async () => {
    const texts = examplesOf(4);
    const { outDir, report, curve } = await train(texts, { epochs: 40, learningRate: 1e-2 });
    const prompts = texts.map(({ promptText }) => ({ id: promptText, text: promptText }));
    const drawn = await sampleFromFolder({ modelDir: outDir, prompts, k: 1, config: greedy, seed: 1 });
    expect(drawn.map(({ text }) => text)).toEqual(texts.map(({ output }) => output));
    expect(drawn.map(({ finished }) => finished)).toEqual(texts.map(() => 'eos'));
    expect(report.steps).toBe(curve.length);
    expect(curve.at(-1)?.['num_tokens']).toBe(40 * 4 * 3);
  });

  it('learns in every step, also where there is only one', async () => {
    const { curve, outDir } = await train(examplesOf(4), { epochs: 1 });
    expect(curve.map((values) => values['learning_rate'])).toEqual([config.learningRate / 2]);
    expect(await haveSameWeights(outDir, base)).toBe(false);
    const several = await train(examplesOf(4), { epochs: 5, warmupFraction: 0.4 });
    const rates = several.curve.map((values) => values['learning_rate'] ?? NaN);
    expect(rates.map((rate) => Math.sign(rate))).toEqual([1, 1, 1, 1, 1]);
    expect(Math.max(...rates)).toBe(config.learningRate);
  });

  it('learns of the sources that the settings name, and says how many of each', async () => {
    const examples = [
      ...examplesOf(3),
      ...examplesOf(4, 'correction'),
      ...examplesOf(5, 'chosen'),
      ...examplesOf(1, 'demonstration', 0),
    ];
    const { report } = await train(examples, { corrections: false, epochs: 1 });
    expect(report.sources).toEqual({ demonstration: 3, correction: 0, chosen: 5 });
    expect([report.trainTexts, report.skippedTexts]).toEqual([8, 5]);
    const none = { demonstrations: false, chosen: false };
    await expect(train(examplesOf(2), none)).rejects.toThrow('nothing to learn from');
  });

  it('keeps the pass that reads held-out prompts best, or the last one where it is told to', async () => {
    // Held out is the opposite of what is learned, so that every pass makes it worse.
    const heldOut = examplesOf(6).map((example) => ({ ...example, output: 'zzzz' }));
    const more = { heldOut };
    const changes = { epochs: 3, learningRate: 3e-2 };
    const best = await train(examplesOf(8), changes, more);
    const last = await train(examplesOf(8), { ...changes, keepBestEpoch: false }, more);
    const losses = best.report.heldOutLossByEpoch;
    expect(losses).toHaveLength(3);
    expect(best.report.keptEpoch).toBe(losses.indexOf(Math.min(...losses)) + 1);
    expect(best.report.heldOutLoss).toBe(Math.min(...losses));
    expect(best.report.heldOutLossBefore).toBeLessThan(losses.at(-1) ?? 0);
    expect([last.report.keptEpoch, last.report.heldOutLoss]).toEqual([3, losses.at(-1)]);
    expect(best.report.keptEpoch).toBeLessThan(3);
    expect(await haveSameWeights(best.outDir, last.outDir)).toBe(false);
    expect(best.curve.filter((values) => 'eval_loss' in values)).toHaveLength(3);
  });

  it('reads prompts through the chat template of a model that has one', async () => {
    const { config: shape, tensors, tokenizerJson } = await readModelFolder(base);
    const chatBase = await freshFolder();
    const tokenizerConfigJson = { chat_template: "{% for m in messages %}{{ m['content'] }}!{% endfor %}" };
    await writeModelFolder(chatBase, { config: shape, tensors, tokenizerJson, tokenizerConfigJson });
    const conversation = [{ role: 'user', content: 'ab' }];
    const heldOut = [
      { promptText: 'zz:', conversation, output: 'cd', weight: 1, source: 'demonstration' as const },
    ];
    const { report, outDir } = await train(examplesOf(2), { epochs: 1 }, { policyDir: chatBase, heldOut });
    const model = await CausalLm.fromFolder(chatBase);
    const ids = [...tinyTokenizer.encode('ab!cd'), 0];
    expect(report.heldOutLossBefore).toBeAllClose(nextTokenLoss(model, [{ ids, start: 3 }], 1));
    model.dispose();
    expect((await Tokenizer.fromFolder(outDir)).chatTemplate).not.toBeNull();
  });

  it('is the same for the same seed, bit for bit', async () => {
    const [first, second] = [await train(examplesOf(12)), await train(examplesOf(12))];
    expect(second.curve).toEqual(first.curve);
    expect(await haveSameWeights(first.outDir, second.outDir)).toBe(true);
  });

  it('ends as diverged when the loss is not a number, and writes nothing', async () => {
    const outDir = join(await freshFolder(), 'policy');
    const ending = train(
      examplesOf(32),
      { learningRate: 0.1, maxGradNorm: 1e30, epochs: 1 },
      {
        outDir,
        config: { ...config, learningRate: 1e30, maxGradNorm: 1e30 },
      },
    );
    await expect(ending).rejects.toThrow(DivergedError);
    expect(existsSync(outDir)).toBe(false);
  });

  it('stops between steps when it is cancelled', async () => {
    const controller = new AbortController();
    const onMetrics = (step: number) => {
      if (step === 2) controller.abort(new Error('cancelled by a person'));
    };
    const ending = train(examplesOf(40), {}, { signal: controller.signal, onMetrics });
    await expect(ending).rejects.toThrow('cancelled by a person');
  });

  it('leaves no tensor behind', async () => {
    await train(examplesOf(8), { epochs: 1 });
    const before = tf.memory().numTensors;
    await train(examplesOf(8), { epochs: 1 });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('the loss over next tokens', () => {
  const sequence = (prompt: string, completion: string, weight = 1): TokenSequence => ({
    ids: [...tinyTokenizer.encode(prompt + completion), 0],
    start: tinyTokenizer.encode(prompt).length,
    weight,
  });
  const batch = [sequence('ab:', 'cdefg', 0.3), sequence('q:', 'r', 2), sequence('xyz', 'klmnop')];

  async function stepOn(sequences: readonly TokenSequence[]) {
    const model = await CausalLm.fromFolder(base);
    const training = new NextTokenTraining(model, { weightDecay: 0, maxGradNorm: 1 });
    const values = training.step(sequences, 1e-3);
    training.dispose();
    model.dispose();
    return values;
  }

  it('is that of the float64 reference on the same logits, prompt tokens left out', async () => {
    const model = await CausalLm.fromFolder(base);
    const logits = batch.map(({ ids }) =>
      tf.tidy(() => {
        const shape: [number, number] = [1, ids.length];
        return (
          model
            .logits(model.hidden(tf.tensor2d([[...ids]], shape, 'int32'), tf.ones(shape)))
            .arraySync()[0] ?? []
        );
      }),
    );
    const expected = referenceNextTokenLoss(batch.map((one, i) => ({ ...one, logits: logits[i] ?? [] })));
    expect(nextTokenLoss(model, batch, 3)).toBeAllClose(expected.loss, { rtol: 1e-4 });
    model.dispose();
  });

  it('has the gradient that finite differences give, and none at the prompt', () => {
    const text = { ids: [1, 0, 2, 1], start: 2, weight: 0.7 };
    const others = [
      {
        ids: [2, 1],
        start: 1,
        logits: [
          [0.2, -0.1, 0.4],
          [0, 0, 0],
        ],
      },
    ];
    const at = [0.3, -1, 0.5, 2, 0.1, -0.4, 0, 1.2, -2, 9, 9, 9];
    const rows = (flat: readonly number[]) => [0, 3, 6, 9].map((from) => flat.slice(from, from + 3));
    const lossAt = (flat: readonly number[]) =>
      referenceNextTokenLoss([{ ...text, logits: rows(flat) }, ...others]);
    const numeric = finiteDifferences((x) => lossAt(x).loss, at);
    expect((lossAt(at).grad[0] ?? []).flat()).toBeAllClose(numeric, { atol: 1e-8 });
    expect(numeric.slice(0, 3).concat(numeric.slice(9))).toBeAllClose([0, 0, 0, 0, 0, 0], { atol: 1e-12 });
  });

  it('stays finite on the largest logits', () => {
    const { loss } = referenceNextTokenLoss([
      {
        ids: [0, 1],
        start: 1,
        logits: [
          [800, -800],
          [0, 0],
        ],
      },
    ]);
    expect(loss).toBeAllClose(1600);
  });

  it('does not depend on the order, on padding, or on how the texts are batched', async () => {
    const model = await CausalLm.fromFolder(base);
    const together = nextTokenLoss(model, batch, 3);
    expect(nextTokenLoss(model, [...batch].reverse(), 3)).toBeAllClose(together, { rtol: 1e-5 });
    expect(nextTokenLoss(model, batch, 1)).toBeAllClose(together, { rtol: 1e-5 });
    model.dispose();
    const [there, back] = [await stepOn(batch), await stepOn([...batch].reverse())];
    expect([back.loss, back.grad_norm]).toBeAllClose([there.loss, there.grad_norm], { rtol: 1e-4 });
  });

  it('counts a text by its weight: twice as much is the text given twice', async () => {
    const [first, ...rest] = batch.map((one) => ({ ...one, weight: 1 }));
    if (first === undefined) throw new Error('there are texts');
    const [weighed, repeated] = [
      await stepOn([{ ...first, weight: 2 }, ...rest]),
      await stepOn([first, first, ...rest]),
    ];
    expect([weighed.loss, weighed.grad_norm]).toBeAllClose([repeated.loss, repeated.grad_norm], {
      rtol: 1e-4,
    });
  });

  it.skipIf(!hasNative)('trains and measures on native as on wasm', { timeout: 180_000 }, async () => {
    const courseOn = async () => {
      const model = await CausalLm.fromFolder(base);
      const training = new NextTokenTraining(model, { weightDecay: 0, maxGradNorm: 1 });
      const steps = [training.step(batch, 1e-3), training.step(batch, 1e-3)];
      const values = [
        ...steps.flatMap(({ loss, grad_norm }) => [loss, grad_norm]),
        training.lossOn(batch, 2),
      ];
      training.dispose();
      model.dispose();
      return values;
    };
    const onWasm = await courseOn();
    await useEngine({ prefer: 'native' });
    const onNative = await courseOn();
    await useEngine({ prefer: testEngine });
    expect(onNative).toBeAllClose(onWasm, { rtol: 1e-3, atol: 1e-4 });
  });
});
