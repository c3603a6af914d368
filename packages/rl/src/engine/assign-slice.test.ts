import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { testEngines } from '../testing/test-engines.ts';
import { assignSlice } from './assign-slice.ts';
import { floats, ints } from './host-array.ts';
import { Program } from './program.ts';
import { useEngine } from './use-engine.ts';

describe.each(testEngines)('writing a part of a state on %s', (engine) => {
  beforeAll(async () => {
    await useEngine({ prefer: engine });
  });

  it('changes that part and nothing else, and the step reads the state as it was', () => {
    const cache = tf.variable(tf.zeros([2, 4, 1]));
    const program = new Program({ state: { cache } });
    const write = program.step(
      'write',
      (_, { column, range }: { column: tf.Tensor3D; range: tf.Tensor1D }) => {
        const sum = tf.sum(cache);
        return { outputs: { sum }, updates: [assignSlice(cache, column, { axis: 1, range, after: sum })] };
      },
    );
    const putAt = (place: number, values: number[]) =>
      write.run({ column: floats(values, [2, 1, 1]), range: ints([place, place + 1]) }).sum.values[0];
    expect(putAt(2, [1, 2])).toBe(0);
    expect(putAt(0, [3, 4])).toBe(3);
    expect(putAt(3, [5, 6])).toBe(10);
    expect(Array.from(program.read('cache').values)).toEqual([3, 0, 1, 5, 4, 0, 2, 6]);
    program.dispose();
    cache.dispose();
  });

  it('refuses a part of another rank', () => {
    const cache = tf.variable(tf.zeros([2, 4]));
    const range = tf.tensor1d([0, 1], 'int32');
    const part = tf.zeros([2]);
    expect(() => assignSlice(cache, part, { axis: 1, range, after: part })).toThrow('not rank 1 float32');
    tf.dispose([cache, range, part]);
  });
});
