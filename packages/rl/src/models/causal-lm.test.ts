import * as tf from '@tensorflow/tfjs-core';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { targetLogProbs } from '../engine/ops.ts';
import { AdamW } from '../engine/optimizer.ts';
import { useEngine } from '../engine/use-engine.ts';
import { sampleCompletions } from '../sampling/sample.ts';
import { readModelFolder } from '../weights/model-folder.ts';
import { CausalLm } from './causal-lm.ts';
import { ScalarHead } from './scalar-head.ts';

/** Small random models and what was computed of them in float64: GPT-2 by numpy, the others by transformers. */
const FOLDERS = ['small-gpt2', 'small-llama', 'small-llama3', 'small-qwen2'] as const;
const ENGINES = ['wasm', 'cpu', 'native'] as const;

const ExpectedFile = z.object({
  cases: z.array(
    z.object({
      input_ids: z.array(z.number()),
      logits: z.array(z.array(z.number())),
      next_token_logps: z.array(z.number()),
      greedy_8: z.array(z.number()),
    }),
  ),
});

const pathOf = (folder: string): string => join(import.meta.dirname, 'fixtures', folder);

type Side = 'left' | 'right';

/** Sequences of several lengths, padded to the longest. */
class Ragged {
  readonly sequences: readonly (readonly number[])[];
  readonly longest: number;

  constructor(sequences: readonly (readonly number[])[]) {
    this.sequences = sequences;
    this.longest = Math.max(...sequences.map((ids) => ids.length));
  }

  batch(side: Side): { ids: tf.Tensor2D; mask: tf.Tensor2D } {
    const pad = (row: readonly number[], filler: number): number[] => {
      const padding = new Array<number>(this.longest - row.length).fill(filler);
      return side === 'left' ? [...padding, ...row] : [...row, ...padding];
    };
    const masks = this.sequences.map((row) => row.map(() => 1));
    return {
      ids: tf.tensor2d(
        this.sequences.map((row) => pad(row, 2)),
        undefined,
        'int32',
      ),
      mask: tf.tensor2d(masks.map((row) => pad(row, 0))),
    };
  }

  /** The states of row `row` at its real tokens. */
  realStates(hidden: tf.Tensor3D, row: number, side: Side): tf.Tensor3D {
    const length = this.sequences[row]?.length ?? 0;
    return tf.slice(hidden, [row, side === 'left' ? this.longest - length : 0, 0], [1, length, -1]);
  }
}

const settings = ENGINES.flatMap((engine) => FOLDERS.map((folder) => ({ engine, folder })));

describe.each(settings)('$folder on $engine', ({ engine, folder }) => {
  const { cases } = ExpectedFile.parse(
    JSON.parse(readFileSync(join(pathOf(folder), 'expected.json'), 'utf8')),
  );
  const ragged = new Ragged(cases.map((c) => c.input_ids));
  let model: CausalLm;
  let runs: string;
  beforeAll(async () => {
    runs = (await useEngine({ prefer: engine })).name;
    model = await CausalLm.fromFolder(pathOf(folder));
  });
  beforeEach(({ skip }) => skip(runs !== engine, `${engine} is not installed here`));

  it.each(['left', 'right'] as const)(
    'gives the logits of each row alone in a batch padded on the %s',
    (side) => {
      tf.tidy(() => {
        const { ids, mask } = ragged.batch(side);
        const hidden = model.hidden(ids, mask);
        cases.forEach(({ logits, next_token_logps: logProbs, input_ids: row }, i) => {
          const actual = tf.reshape<tf.Rank.R2>(model.logits(ragged.realStates(hidden, i, side)), [
            row.length,
            -1,
          ]);
          expectClose(actual.dataSync(), logits.flat(), 1e-5);
          if (row.length === 1) return;
          const before = tf.slice(actual, [0, 0], [row.length - 1, -1]);
          expectClose(targetLogProbs(before, tf.tensor1d(row.slice(1), 'int32')).dataSync(), logProbs, 1e-5);
        });
      });
    },
  );

  it('continues greedily with the expected tokens', async () => {
    const sampled = await sampleCompletions({
      model,
      promptIds: ragged.sequences,
      maxNewTokens: 8,
      temperature: 0,
      seed: 0,
    });
    expect(sampled.map((sample) => sample.ids)).toEqual(cases.map((c) => c.greedy_8));
  });

  /** The loss of a ragged batch, for its gradients. */
  const lossOf = (of: CausalLm): tf.Scalar =>
    tf.tidy(() => {
      const { ids, mask } = ragged.batch('left');
      const logits = of.logits(of.hidden(ids, mask));
      const flat = tf.reshape<tf.Rank.R2>(logits, [cases.length * ragged.longest, -1]);
      const targets = tf.tensor1d(
        Array.from({ length: flat.shape[0] }, (_, i) => (i * 7) % 23),
        'int32',
      );
      const weights = tf.mul(tf.reshape(mask, [-1]), -1 / 18);
      return tf.sum(tf.mul(targetLogProbs(flat, targets), weights));
    });
  const gradientsOf = (of: CausalLm): Map<string, ArrayLike<number>> => {
    const { grads, value } = tf.variableGrads(() => lossOf(of), [...of.params.values()]);
    value.dispose();
    const read = new Map([...of.params].map(([name, { name: id }]) => [name, grads[id]?.dataSync() ?? []]));
    tf.dispose(grads);
    return read;
  };

  // One engine measures slopes, and the others are held to its gradients: slopes are hundreds of forwards.
  it.runIf(engine === 'wasm')('has gradients that agree with finite differences, for every parameter', () => {
    const gradients = gradientsOf(model);
    for (const [name, variable] of model.params) {
      // Along its own gradient a parameter's slope is the gradient's norm: one number sees every entry.
      const gradient = tf.tensor(Array.from(gradients.get(name) ?? []), variable.shape);
      const norm = Math.sqrt(tf.tidy(() => tf.sum(tf.square(gradient))).dataSync()[0] ?? NaN);
      expect(norm).toBeGreaterThan(1e-4);
      const original = variable.clone();
      const lossAt = (distance: number): number => {
        variable.assign(tf.tidy(() => tf.add(original, tf.mul(gradient, distance / norm))));
        return lossOf(model).dataSync()[0] ?? NaN;
      };
      // Short where the loss is steep, so that its curvature stays out of the way.
      const step = 0.02 / Math.max(1, norm);
      const slope =
        (8 * (lossAt(step) - lossAt(-step)) - (lossAt(2 * step) - lossAt(-2 * step))) / (12 * step);
      variable.assign(original);
      expect(Math.abs(slope - norm)).toBeLessThan(2e-3 * Math.max(norm, 0.05));
    }
  });

  it.runIf(engine !== 'wasm')('has the gradients of wasm, for every parameter', async () => {
    const here = gradientsOf(model);
    await useEngine({ prefer: 'wasm' });
    const other = await CausalLm.fromFolder(pathOf(folder));
    const onWasm = gradientsOf(other);
    other.dispose();
    await useEngine({ prefer: engine });
    expect([...here.keys()]).toEqual([...onWasm.keys()]);
    for (const [name, expected] of onWasm) {
      const largest = Math.max(...Array.from(expected, Math.abs));
      expect(largest, name).toBeGreaterThan(1e-5);
      expectClose(here.get(name) ?? [], Array.from(expected), 1e-4 * largest);
    }
  });
});

describe.each(['wasm', 'cpu'] as const)('any model on %s', (engine) => {
  const ragged = new Ragged([[1, 2, 3, 4, 5], [7], [22, 0, 9]]);
  let model: CausalLm;
  beforeAll(async () => {
    await useEngine({ prefer: engine });
    model = await CausalLm.fromFolder(pathOf('small-gpt2'));
  });

  it.each(FOLDERS)(
    'keeps no tensor from one training step of %s to the next, and memory flat',
    async (folder) => {
      const trained = await CausalLm.fromFolder(pathOf(folder));
      const optimizer = new AdamW([...trained.params.values()], { maxGradNorm: 1 });
      const { ids, mask } = ragged.batch('left');
      const step = (): void => {
        const { value, grads } = tf.variableGrads(
          () => tf.tidy(() => tf.mean(tf.square(trained.hidden(ids, mask)))),
          [...trained.params.values()],
        );
        optimizer.step(grads, 1e-3);
        value.dispose();
        tf.dispose(grads);
      };
      step();
      const { numTensors, numBytes } = tf.memory();
      for (let i = 0; i < 5; i++) step();
      expect(tf.memory()).toMatchObject({ numTensors, numBytes });
      tf.dispose([ids, mask]);
      optimizer.dispose();
      trained.dispose();
    },
  );

  it('a clone has the same weights and goes its own way', () => {
    const copy = model.clone();
    expect(copy.hostTensors()).toEqual(model.hostTensors());
    const bias = copy.param('transformer.ln_f.bias');
    bias.assign(tf.add(bias, 1));
    expect(copy.hostTensors()).not.toEqual(model.hostTensors());
    const before = tf.memory().numTensors;
    copy.dispose();
    expect(tf.memory().numTensors).toBe(before - copy.params.size);
  });

  it('refuses sequences longer than its position table', () => {
    const ids = tf.zeros<tf.Rank.R2>([1, 25], 'int32');
    expect(() => model.hidden(ids, tf.ones([1, 25]))).toThrow(
      '25 tokens does not fit a model of 24 positions',
    );
    expect(() => model.hidden(ids, tf.ones([1, 24]))).toThrow('mask');
  });

  it('keeps an unembedding of its own, or does without', async () => {
    const { config, tensors } = await readModelFolder(pathOf('small-llama'));
    const hidden = tf.ones<tf.Rank.R3>([1, 1, 16]);
    expect(new CausalLm(config, tensors).logits(hidden).shape).toEqual([1, 1, 23]);
    const trunk = new CausalLm(config, tensors, { parts: 'trunk' }).clone();
    expect(new Set(trunk.hostTensors().keys())).toEqual(
      new Set([...tensors.keys()].filter((name) => name !== 'lm_head.weight')),
    );
    expect(() => trunk.logits(hidden)).toThrow('no tensor lm_head.weight');
  });

  it('gives back the tensors of a file as they were', async () => {
    const { config, tensors } = await readModelFolder(pathOf('small-llama'));
    expect(new CausalLm(config, tensors).hostTensors()).toEqual(tensors);
  });

  it('a scalar head reads a number from every state', () => {
    const tensors = new Map([
      ['score.weight', { shape: [1, 3], values: Float32Array.of(1, -2, 0.5) }],
      ['score.bias', { shape: [1], values: Float32Array.of(10) }],
    ]);
    const head = new ScalarHead('score', tensors, 3);
    const scores = head.apply(tf.tensor3d([1, 2, 4, 0, 1, 0], [1, 2, 3]));
    expect(scores.arraySync()).toEqual([[9, 8]]);
    expect(head.hostTensors()).toEqual(tensors);
    expect(() => new ScalarHead('score', tensors, 4)).toThrow('score.weight has shape [1, 3], not [1, 4]');
    head.dispose();
  });
});

describe('random weights', () => {
  const config = {
    modelType: 'gpt2',
    vocabSize: 9,
    nPositions: 8,
    nEmbd: 8,
    nLayer: 1,
    nHead: 2,
    layerNormEpsilon: 1e-5,
  } as const;

  it('are the same for the same seed', () => {
    expect(CausalLm.random(config, 5).hostTensors()).toEqual(CausalLm.random(config, 5).hostTensors());
    expect(CausalLm.random(config, 5).hostTensors()).not.toEqual(CausalLm.random(config, 6).hostTensors());
  });
});

function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const worst = Math.max(...expected.map((value, i) => Math.abs((actual[i] ?? NaN) - value)));
  expect(worst).toBeLessThanOrEqual(tolerance);
}
