import * as tf from '@tensorflow/tfjs-core';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdamW } from '../../engine/optimizer.ts';
import { useEngine } from '../../engine/use-engine.ts';
import { CausalLm } from '../../models/causal-lm.ts';
import { trlCurves } from '../../testing/golden.ts';
import { tinyConfig, tinyTokenizer } from '../../testing/tiny-world.ts';
import '../../testing/to-be-all-close.ts';
import { dpoStep, type AnchoredPair } from './dpo-step.ts';
import { outputLogProbs, scoreSequences, sequencesOf, sumsOf } from './output-log-probs.ts';
import type { PreferencePair } from './pairs.ts';

beforeAll(() => useEngine({ prefer: 'wasm' }));

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

describe('the log-probability of an output', () => {
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

  it('counts exactly the tokens of the output', () => {
    const model = sharpModel();
    const counted = tf.tidy(() => {
      const { tokenLogProbs, mask } = outputLogProbs(model, sequencesOf(pairs));
      return sumsOf(tf.onesLike(tokenLogProbs), mask);
    });
    expect(counted).toEqual([5, 2, 3, 4, 9, 12]);
    model.dispose();
  });
});

describe('one update', () => {
  async function stepOn(batch: readonly PreferencePair[]) {
    const model = sharpModel();
    const optimizer = new AdamW([...model.params.values()]);
    const anchored = await anchor(model, batch);
    const objective = { loss: 'ipo', beta: 0.1 } as const;
    const metrics = dpoStep(model, optimizer, anchored, { learningRate: 1e-3, objective });
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

describe.skipIf(!existsSync(join(PARITY, 'tiny-gpt2')))("five steps of TRL's DPO trainer", () => {
  it.each(['dpo:tiny-gpt2:clip1.0', 'dpo:tiny-gpt2:clip0.0'] as const)(
    'are reproduced: loss, gradient norm, rewards and weights: %s',
    async (name) => {
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
      for (const expected of run.log) {
        const got = dpoStep(model, optimizer, batch, { learningRate: run.lr, objective });
        expect(got.loss).toBeAllClose(expected.loss, { atol: 1e-5, rtol: 0 });
        expect(got.grad_norm).toBeAllClose(expected.grad_norm, { atol: 0, rtol: 1e-3 });
        for (const key of ['rewards/chosen', 'rewards/rejected', 'rewards/margins', 'logps/chosen'] as const)
          expect(got[key]).toBeAllClose(expected[key], { atol: 1e-4, rtol: 1e-5 });
        // Rewards of the first step are 0 but for rounding: who is ahead is chance.
        if (expected.step > 1) expect(got['rewards/accuracies']).toBe(expected['rewards/accuracies']);
      }
      const norm = model.param('transformer.ln_f.weight').dataSync().slice(0, 4);
      expect(norm).toBeAllClose(run.final_params['transformer.ln_f.weight[:4]'], { atol: 2e-6 });
      optimizer.dispose();
      model.dispose();
    },
  );
});
