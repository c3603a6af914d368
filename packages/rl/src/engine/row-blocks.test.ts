import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CausalLm } from '../models/causal-lm.ts';
import { inRowBlocks, shareRowsAmong } from './row-blocks.ts';
import { useEngine } from './use-engine.ts';

beforeAll(async () => {
  await useEngine({ prefer: 'wasm' });
});

afterEach(() => {
  shareRowsAmong(1);
});

/** The rows of each block, for a batch [rows, tokens]. */
function blocksOf(rows: number, tokens: number): number[] {
  const sizes: number[] = [];
  const batch = tf.zeros<tf.Rank.R2>([rows, tokens]);
  inRowBlocks([batch], (block) => {
    sizes.push(block.shape[0]);
    return block;
  });
  return sizes;
}

describe('blocks of rows', () => {
  it('are as many as threads have use for, and differ by one row at most', () => {
    expect(blocksOf(16, 64)).toEqual([16]);
    shareRowsAmong(4);
    expect(blocksOf(16, 64)).toEqual([4, 4, 4, 4]);
    expect(blocksOf(11, 128)).toEqual([3, 3, 2, 3]);
    expect(blocksOf(1, 1024)).toEqual([1]);
    // Too few tokens for two operations instead of one.
    expect(blocksOf(16, 8)).toEqual([16]);
  });

  it('leave the hidden states and gradients of a batch as they are', () => {
    const sizes = { nLayer: 2, nHead: 2, nEmbd: 16, nPositions: 48, vocabSize: 11, layerNormEpsilon: 1e-5 };
    const model = CausalLm.random({ modelType: 'gpt2', ...sizes }, 3);
    const [B, T] = [13, 40];
    const ids = tf.tensor2d(
      Int32Array.from({ length: B * T }, (_, i) => (i * i) % 11),
      [B, T],
      'int32',
    );
    const mask = tf.tensor2d(
      Float32Array.from({ length: B * T }, (_, i) => (i % T < Math.floor(i / T) ? 0 : 1)),
      [B, T],
    );
    const weights = tf.tensor3d(
      Float32Array.from({ length: B * T * 16 }, (_, i) => Math.sin(i)),
      [B, T, 16],
    );
    const measure = () => {
      const params = [...model.params.values()];
      const { value, grads } = tf.variableGrads(
        () => tf.sum<tf.Scalar>(tf.mul(tf.mul(model.hidden(ids, mask), weights), tf.expandDims(mask, -1))),
        params,
      );
      return [value, ...params.map(({ name }) => grads[name] ?? tf.scalar(NaN))].flatMap((tensor) => [
        ...tensor.dataSync<'float32'>(),
      ]);
    };
    const whole = measure();
    shareRowsAmong(2);
    const inBlocks = measure();
    expect(inBlocks).toHaveLength(whole.length);
    const errors = inBlocks.map((value, i) => Math.abs(value - (whole[i] ?? NaN)) / (1 + Math.abs(value)));
    expect(Math.max(...errors)).toBeLessThan(1e-4);
    model.dispose();
  });
});
