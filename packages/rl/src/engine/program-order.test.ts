// The order of reads and writes within a step, and recordings that come and go.

import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasNative, testEngines } from '../testing/test-engines.ts';
import { floats, ints } from './host-array.ts';
import { Program } from './program.ts';
import { assign } from './update.ts';
import { useEngine } from './use-engine.ts';

const disposals: (() => void)[] = [];
afterEach(() => {
  for (const dispose of disposals.splice(0)) dispose();
});

function stateOf<Name extends string>(values: Readonly<Record<Name, tf.Tensor>>) {
  const state: Record<string, tf.Variable> = {};
  for (const [name, initial] of Object.entries<tf.Tensor>(values)) {
    state[name] = tf.variable(initial);
    initial.dispose();
  }
  const program = new Program({ state });
  disposals.push(() => {
    program.dispose();
    for (const variable of Object.values(state)) variable.dispose();
  });
  const variable = (name: Name): tf.Variable => state[name] ?? expect.fail(`no state ${name}`);
  return { program, variable };
}

describe.each(testEngines)('a step on %s', (engine) => {
  beforeAll(async () => {
    expect((await useEngine({ prefer: engine })).name).toBe(engine);
  });

  it('applies two updates of one state in the order given', () => {
    const { program } = stateOf({ weight: tf.scalar(1) });
    const write = program.step('write', (state, { a, b }: { a: tf.Scalar; b: tf.Scalar }) => {
      const { weight } = state;
      if (weight === undefined) throw new Error('the step has a weight');
      // The first takes longer to compute than the second, and still comes first.
      const slow = tf.sum<tf.Scalar>(tf.matMul(tf.mul(tf.ones([64, 64]), a), tf.ones([64, 64])));
      return { outputs: { before: weight }, updates: [assign(weight, slow), assign(weight, b)] };
    });
    for (let i = 1; i <= 10; i++) {
      const { before } = write.run({ a: floats([i], []), b: floats([-i], []) });
      expect(before.values[0]).toBe(i === 1 ? 1 : 1 - i);
    }
    expect(program.read('weight').values[0]).toBe(-10);
  });

  it('swaps two states: each takes what the other had when the step began', () => {
    const { program, variable } = stateOf({ one: tf.tensor1d([1, 2]), other: tf.tensor1d([3, 4]) });
    const swap = program.step('swap', () => {
      const [one, other] = [variable('one'), variable('other')];
      return { outputs: {}, updates: [assign(one, tf.mul(other, 1)), assign(other, tf.mul(one, 1))] };
    });
    swap.run({});
    expect([...program.read('one').values, ...program.read('other').values]).toEqual([3, 4, 1, 2]);
    swap.run({});
    expect([...program.read('one').values, ...program.read('other').values]).toEqual([1, 2, 3, 4]);
  });

  it('keeps whole numbers as state, beyond what float32 can count', () => {
    const { program, variable } = stateOf({ count: tf.tensor1d([2 ** 24], 'int32') });
    const count = program.step('count', (_state, { by }: { by: tf.Tensor1D }) => {
      const next = tf.add(variable('count'), by);
      return { outputs: { next }, updates: [assign(variable('count'), next)] };
    });
    expect(Array.from(count.run({ by: ints([1]) }).next.values)).toEqual([2 ** 24 + 1]);
    expect(program.read('count').values).toEqual(Int32Array.of(2 ** 24 + 1));
    program.write('count', ints([7]));
    expect(Array.from(count.run({ by: ints([1]) }).next.values)).toEqual([8]);
  });

  it('goes on from its state through more shapes than are kept, and when the first of them comes again', () => {
    const { program, variable } = stateOf({ sum: tf.scalar(0) });
    const add = program.step('add', (_state, { x }: { x: tf.Tensor1D }) => {
      const next = tf.add(variable('sum'), tf.sum(x));
      return { outputs: { next }, updates: [assign(variable('sum'), next)] };
    });
    const ones = (length: number) => ({ x: floats(new Float32Array(length).fill(1)) });
    // More than are kept at once, recorded together so that the session opens seldom.
    for (let length = 1; length <= 50; length++) add.prepare(ones(length));
    let expected = 0;
    for (const length of [50, 49, 1, 2, 50, 1]) {
      expected += length;
      expect(add.run(ones(length)).next.values[0]).toBe(expected);
    }
  });
});

describe.skipIf(!hasNative)('a step that fails while it is recorded', () => {
  beforeAll(async () => {
    await useEngine({ prefer: 'native' });
  });

  it.each<[string, (x: tf.Tensor1D, ids: tf.Tensor1D) => tf.Tensor, RegExp]>([
    ['TensorFlow', (x, ids) => tf.gather(x, ids), /indices\[1\] = 7 is not in \[0, 3\)/],
    ['TF.js', (x) => tf.sum(x, 7), /axis param must be in range/],
    ['our own code', () => expect.fail('a check of ours'), /a check of ours/],
  ])('names the line where %s refused, and runs again with better inputs', (_, refused, reason) => {
    const { program } = stateOf({ weight: tf.scalar(1) });
    const step = program.step('refused', (_state, { x, ids }: { x: tf.Tensor1D; ids: tf.Tensor1D }) => ({
      outputs: { y: ids.size === 2 ? refused(x, ids) : x },
    }));
    const x = floats([1, 2, 3]);
    const run = () => step.run({ x, ids: ints([2, 7]) });
    expect(run).toThrow(/program-order\.test\.ts:\d+/);
    expect(run).toThrow(reason);
    expect(Array.from(step.run({ x, ids: ints([0]) }).y.values)).toEqual([1, 2, 3]);
  });
});
