import * as tf from '@tensorflow/tfjs-core';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { shareRowsAmong } from '../engine/row-blocks.ts';
import { useEngine } from '../engine/use-engine.ts';
import { embed } from '../engine/ops.ts';
import { hasNative } from '../testing/test-engines.ts';
import { CausalLm } from './causal-lm.ts';

const FOLDERS = ['small-gpt2', 'small-llama', 'small-llama3', 'small-qwen2'] as const;

/** [B, T] with padding on both sides. */
const [B, T] = [12, 24];

/** N columns of real tokens in each row, some of them named twice. */
const columnsOf = (N: number): Int32Array =>
  Int32Array.from({ length: B * N }, (_, i) => (i % N === 2 ? 11 : 5 + ((i * 7) % 14)));

afterEach(() => {
  shareRowsAmong(1);
});

/** Weighted sum of N states of each row and its gradients. */
function measure(
  model: CausalLm,
  N: number,
  states: (ids: tf.Tensor2D, mask: tf.Tensor2D) => tf.Tensor,
): number[] {
  const V = model.config.vocabSize;
  const ids = tf.tensor2d(
    Int32Array.from({ length: B * T }, (_, i) => (i * i + 3) % V),
    [B, T],
    'int32',
  );
  const isReal = (i: number) => i % T >= Math.floor(i / T) % 5 && i % T < T - 3;
  const mask = tf.tensor2d(
    Float32Array.from({ length: B * T }, (_, i) => Number(isReal(i))),
    [B, T],
  );
  const factors = tf.tensor2d(
    Float32Array.from({ length: B * N * model.config.nEmbd }, (_, i) => Math.sin(i)),
    [B * N, model.config.nEmbd],
  );
  const params = [...model.params.values()].filter(({ name }) => !name.startsWith('lm_head'));
  const { value, grads } = tf.variableGrads(
    () => tf.sum<tf.Scalar>(tf.mul(tf.reshape(states(ids, mask), [B * N, model.config.nEmbd]), factors)),
    params,
  );
  return [value, ...params.map(({ name }) => grads[name] ?? tf.scalar(NaN))].flatMap((tensor) => [
    ...tensor.dataSync<'float32'>(),
  ]);
}

const engines = ['wasm' as const, ...(hasNative ? (['native'] as const) : [])];

describe.each(engines)('the last layer for wanted tokens alone, on %s', (engine) => {
  it.each(FOLDERS.flatMap((folder) => [[folder, 3] as const, [folder, T] as const]))(
    'gives the states and gradients of the whole: %s, %i of each row',
    async (folder, N) => {
      await useEngine({ prefer: engine });
      const model = await CausalLm.fromFolder(join(import.meta.dirname, 'fixtures', folder));
      const D = model.config.nEmbd;
      const columns = columnsOf(N);
      const whole = measure(model, N, (ids, mask) => {
        const places = tf.tensor1d(
          columns.map((column, i) => Math.floor(i / N) * T + column),
          'int32',
        );
        return embed(tf.reshape(model.hidden(ids, mask), [B * T, D]), places);
      });
      const wanted = () =>
        measure(model, N, (ids, mask) => model.hidden(ids, mask, tf.tensor2d(columns, [B, N], 'int32')));
      const alone = wanted();
      shareRowsAmong(3);
      const inBlocks = wanted();
      for (const values of [alone, inBlocks]) {
        expect(values).toHaveLength(whole.length);
        const errors = values.map((value, i) => Math.abs(value - (whole[i] ?? NaN)) / (1 + Math.abs(value)));
        expect(Math.max(...errors)).toBeLessThan(1e-4);
      }
      model.dispose();
    },
  );
});
