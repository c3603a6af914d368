import * as tf from '@tensorflow/tfjs-core';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdamW } from '../../engine/optimizer.ts';
import { useEngine } from '../../engine/use-engine.ts';
import { CausalLm } from '../../models/causal-lm.ts';
import { trlCurves } from '../../testing/golden.ts';
import { parityEngines } from '../../testing/test-engines.ts';
import { tinyConfig, tinyTokenizer } from '../../testing/tiny-world.ts';
import '../../testing/to-be-all-close.ts';
import { DpoTraining, type AnchoredPair } from './dpo-step.ts';
import { outputArrays, scoreSequences, sequencesOf } from './output-log-probs.ts';
import type { PreferencePair } from './pairs.ts';

const noPause = () => Promise.resolve();

/** Large weights, so that a wrong place shows. */
function sharpModel(): CausalLm {
  const model = CausalLm.random(tinyConfig, 3);
  const table = model.param('transformer.wte.weight');
  table.assign(tf.tidy(() => tf.mul(table, 20)));
  return model;
}

function pairOf(prompt: string, chosen: string, rejected: string): PreferencePair {
  const ids = (text: string) => tinyTokenizer.encode(text);
  return {
    promptText: prompt,
    promptIds: ids(prompt),
    chosenIds: [...ids(chosen), 0],
    rejectedIds: [...ids(rejected), 0],
    weight: 1,
  };
}

async function anchor(model: CausalLm, pairs: readonly PreferencePair[]): Promise<AnchoredPair[]> {
  const ref = await scoreSequences(model, sequencesOf(pairs), noPause);
  return pairs.map((pair, p) => ({
    ...pair,
    refChosen: ref[p] ?? NaN,
    refRejected: ref[p + pairs.length] ?? NaN,
  }));
}

const pairs = [
  pairOf('abc:', 'defg', 'xyz'),
  pairOf('q:', 'r', 'stuvwxyz'),
  pairOf('hello', 'kl', 'mnopqrstuvw'),
];

describe.each(parityEngines)('the log-probability of an output on %s', (engine) => {
  beforeAll(() => useEngine({ prefer: engine }));

  it('is the sum over its own tokens, read one by one, and none of the prompt', async () => {
    const model = sharpModel();
    const sequences = sequencesOf(pairs);
    const got = await scoreSequences(model, sequences, noPause);
    const byHand = sequences.map(({ promptIds, outputIds }) =>
      outputIds.reduce((sum, id, t) => {
        const before = [...promptIds, ...outputIds.slice(0, t)];
        const logProb = tf.tidy(() => {
          const shape: [number, number] = [1, before.length];
          const hidden = model.hidden(tf.tensor2d([before], shape, 'int32'), tf.ones(shape));
          const last = tf.slice(model.logits(hidden), [0, before.length - 1, 0], [1, 1, -1]);
          return tf.logSoftmax(tf.reshape(last, [-1])).dataSync()[id] ?? NaN;
        });
        return sum + logProb;
      }, 0),
    );
    expect(got).toBeAllClose(byHand, { atol: 2e-4 });
    model.dispose();
  });

  it('does not depend on what else is in the batch, on padding, or on the order', async () => {
    const model = sharpModel();
    const sequences = sequencesOf(pairs);
    const together = await scoreSequences(model, sequences, noPause);
    const alone: number[] = [];
    for (const one of sequences) alone.push(...(await scoreSequences(model, [one], noPause)));
    const reversed = await scoreSequences(model, [...sequences].reverse(), noPause);
    expect(together).toBeAllClose(alone, { atol: 1e-5 });
    expect(reversed.reverse()).toBeAllClose(alone, { atol: 1e-5 });
    model.dispose();
  });

  it('counts tokens beyond the shorter output as asked, those before them whole', async () => {
    const model = sharpModel();
    const cut = pairs.map((pair) => {
      const shared = Math.min(pair.chosenIds.length, pair.rejectedIds.length);
      const { chosenIds, rejectedIds } = pair;
      return { ...pair, chosenIds: chosenIds.slice(0, shared), rejectedIds: rejectedIds.slice(0, shared) };
    });
    const score = (some: readonly PreferencePair[], tailWeight?: number) =>
      scoreSequences(model, sequencesOf(some, tailWeight), noPause);
    const [whole, none, half] = [await score(pairs), await score(pairs, 0), await score(pairs, 0.5)];
    expect(none).toBeAllClose(await score(cut), { atol: 2e-4 });
    expect(half).toBeAllClose(
      whole.map((logProb, i) => (logProb + (none[i] ?? NaN)) / 2),
      { atol: 2e-4 },
    );
    model.dispose();
  });

  it('counts exactly the tokens of the output', () => {
    const { mask } = outputArrays(sequencesOf(pairs), tinyConfig.nPositions, { isRecorded: false });
    const [rows = 0, T = 0] = mask.shape;
    const counted = Array.from({ length: rows }, (_, r) =>
      Array.from(mask.values.slice(r * T, (r + 1) * T)).reduce((sum, m) => sum + m, 0),
    );
    expect(counted).toEqual([5, 2, 3, 4, 9, 12]);
  });
});

describe.each(parityEngines)('one update on %s', (engine) => {
  beforeAll(() => useEngine({ prefer: engine }));

  async function stepOn(batch: readonly PreferencePair[]) {
    const model = sharpModel();
    const optimizer = new AdamW([...model.params.values()]);
    const anchored = await anchor(model, batch);
    const objective = { loss: 'ipo', beta: 0.1 } as const;
    const training = new DpoTraining(model, optimizer, objective);
    const metrics = training.step(anchored, 1e-3);
    training.dispose();
    optimizer.dispose();
    model.dispose();
    return metrics;
  }

  it('does not depend on the order of the pairs', async () => {
    const [there, back] = [await stepOn(pairs), await stepOn([...pairs].reverse())];
    expect([back.loss, back.grad_norm]).toBeAllClose([there.loss, there.grad_norm], { rtol: 1e-4 });
  });

  it('counts a pair by its weight: twice as much is the pair given twice', async () => {
    const [first, ...rest] = pairs;
    if (first === undefined) throw new Error('there are pairs');
    const [weighed, repeated] = [
      await stepOn([{ ...first, weight: 2 }, ...rest]),
      await stepOn([first, first, ...rest]),
    ];
    expect([weighed.loss, weighed.grad_norm]).toBeAllClose([repeated.loss, repeated.grad_norm], {
      rtol: 1e-4,
    });
  });
});

/** 0.8 million random weights, on which TRL's own trainers ran five steps; not part of the repository. */
const PARITY = join(import.meta.dirname, '../../../../../../shared/parity');

const RUNS = ['dpo:tiny-gpt2:clip1.0', 'dpo:tiny-gpt2:clip0.0', 'dpo:tiny-llama:clip1.0'] as const;
const FINAL_NORMS = ['transformer.ln_f.weight', 'model.norm.weight'] as const;

describe.skipIf(!existsSync(join(PARITY, 'tiny-gpt2')))("five steps of TRL's DPO trainer", () => {
  it.each(parityEngines.flatMap((engine) => RUNS.map((name) => ({ engine, name }))))(
    'are reproduced on $engine: loss, gradient norm, rewards and weights: $name',
    { timeout: 300_000 },
    async ({ engine, name }) => {
      await useEngine({ prefer: engine });
      const run = trlCurves[name];
      const model = await CausalLm.fromFolder(join(PARITY, run.model_dir));
      const { prompt_ids: promptIds, chosen_ids: chosenIds, rejected_ids: rejectedIds } = run.tokenized;
      const batch = await anchor(
        model,
        promptIds.map((prompt, i) => ({
          promptText: String(i),
          promptIds: prompt,
          chosenIds: chosenIds[i] ?? [],
          rejectedIds: rejectedIds[i] ?? [],
          weight: 1,
        })),
      );
      // PyTorch's trainer takes 0 for no clipping.
      const maxGradNorm = run.max_grad_norm === 0 ? null : run.max_grad_norm;
      const optimizer = new AdamW([...model.params.values()], { maxGradNorm });
      const objective = { loss: 'sigmoid', beta: run.beta } as const;
      const training = new DpoTraining(model, optimizer, objective);
      for (const expected of run.log) {
        const got = training.step(batch, run.lr);
        expect(got.loss).toBeAllClose(expected.loss, { atol: 1e-5, rtol: 0 });
        expect(got.grad_norm).toBeAllClose(expected.grad_norm, { atol: 0, rtol: 1e-3 });
        for (const key of ['rewards/chosen', 'rewards/rejected', 'rewards/margins', 'logps/chosen'] as const)
          expect(got[key]).toBeAllClose(expected[key], { atol: 1e-4, rtol: 1e-5 });
        // Rewards of the first step are 0 but for rounding: who is ahead is chance.
        if (expected.step > 1) expect(got['rewards/accuracies']).toBe(expected['rewards/accuracies']);
      }
      const finals = new Map<string, readonly number[]>(Object.entries(run.final_params));
      const [final] = FINAL_NORMS.filter((param) => model.params.has(param));
      const norm = model
        .param(final ?? '')
        .dataSync()
        .slice(0, 4);
      expect(norm).toBeAllClose(finals.get(`${final ?? ''}[:4]`) ?? [], { atol: 2e-6 });
      training.dispose();
      optimizer.dispose();
      model.dispose();
    },
  );
});
