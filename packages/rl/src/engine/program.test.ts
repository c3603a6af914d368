import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasNative, testEngines } from '../testing/test-engines.ts';
import { nativeBackend } from './graph/addon.ts';
import { sessionPool } from './graph/session-pool.ts';
import { floats, ints } from './host-array.ts';
import { Program } from './program.ts';
import { assign } from './update.ts';
import { useEngine } from './use-engine.ts';

const disposals: (() => void)[] = [];
afterEach(() => {
  for (const dispose of disposals.splice(0)) dispose();
});

function variable(values: number[]): tf.Variable {
  const initial = tf.tensor1d(values);
  const made = tf.variable(initial);
  initial.dispose();
  disposals.push(() => made.dispose());
  return made;
}

function programOf(state: Record<string, tf.Variable>): Program {
  const program = new Program({ state });
  // Before its variables.
  disposals.unshift(() => program.dispose());
  return program;
}

/** weight <- weight + by, giving out the sum of the weight before. */
function counting(weight = variable([1, 2])) {
  const program = programOf({ 'model/weight': weight });
  const add = program.step('add', (_, { by }: { by: tf.Tensor1D }) => ({
    outputs: { before: tf.sum(weight) },
    updates: [assign(weight, tf.add(weight, tf.sum(by)))],
  }));
  const look = program.step('look', (_, { times }: { times: tf.Tensor1D }) => ({
    outputs: { weight: tf.mul(weight, times) },
  }));
  return { program, weight, add, look };
}

const valuesOf = (x: tf.Tensor) => Array.from(x.dataSync());

describe.each(testEngines)('a program on %s', (engine) => {
  beforeAll(async () => {
    await useEngine({ prefer: engine });
  });

  it('shows what one step wrote to the others, and to anyone who reads the variable', () => {
    const { program, weight, add, look } = counting();
    add.run({ by: floats([10]) });
    expect(Array.from(look.run({ times: floats([2, 2]) }).weight.values)).toEqual([22, 24]);
    expect(valuesOf(weight)).toEqual([11, 12]);
    expect(Array.from(program.read('model/weight').values)).toEqual([11, 12]);
  });

  it('lets a step read the state as it was before its own updates', () => {
    const { add } = counting();
    expect(add.run({ by: floats([10]) }).before.values[0]).toBe(3);
    expect(add.run({ by: floats([0]) }).before.values[0]).toBe(23);
  });

  it('takes in what is assigned from outside between two runs', () => {
    const { program, weight, add, look } = counting();
    add.run({ by: floats([1]) });
    weight.assign(tf.tensor1d([5, 6]));
    add.run({ by: floats([1]) });
    expect(Array.from(look.run({ times: floats([1, 1]) }).weight.values)).toEqual([6, 7]);
    program.write('model/weight', floats([8, 9]));
    expect(Array.from(look.run({ times: floats([1, 1]) }).weight.values)).toEqual([8, 9]);
  });

  it('keeps its state when inputs of a new shape come', () => {
    const { add } = counting();
    add.run({ by: floats([1]) });
    add.run({ by: floats([1, 1]) });
    add.run({ by: floats([1]) });
    expect(add.run({ by: floats([0]) }).before.values[0]).toBe(3 + 2 * 4);
  });

  it('leaves a clone of a variable with the value it had', () => {
    const { weight, add } = counting();
    add.run({ by: floats([1]) });
    const clone = tf.clone(weight);
    add.run({ by: floats([1]) });
    expect(valuesOf(clone)).toEqual([2, 3]);
    expect(valuesOf(weight)).toEqual([3, 4]);
    clone.dispose();
  });

  it('copies state between programs, which then go their own ways', () => {
    const [one, other] = [counting(variable([1, 2])), counting(variable([0, 0]))];
    one.add.run({ by: floats([1]) });
    other.program.copyFrom(one.program);
    one.add.run({ by: floats([1]) });
    expect(valuesOf(other.weight)).toEqual([2, 3]);
    expect(valuesOf(one.weight)).toEqual([3, 4]);
    other.add.run({ by: floats([10]) });
    expect(valuesOf(one.weight)).toEqual([3, 4]);
  });

  it('leaves the last values in the variables when it ends', () => {
    const { program, weight, add } = counting();
    add.run({ by: floats([1]) });
    program.dispose();
    expect(valuesOf(weight)).toEqual([2, 3]);
  });

  it('holds no more tensors after a run than before it', () => {
    const { add, look } = counting();
    const counts = () => [tf.memory().numTensors, nativeBackend()?.binding.getNumOfTensors()];
    const runBoth = () => {
      add.run({ by: floats([1]) });
      look.run({ times: floats([1, 1]) });
    };
    runBoth();
    const before = counts();
    for (let i = 0; i < 20; i++) runBoth();
    expect(counts()).toEqual(before);
  });

  it('refuses an update of another shape', () => {
    const weight = variable([1, 2]);
    const program = programOf({ weight });
    const step = program.step('wrong', () => ({ outputs: {}, updates: [assign(weight, tf.zeros([3]))] }));
    expect(() => step.run({})).toThrow('it cannot take float32 [3]');
  });

  it('runs a step without outputs', () => {
    const weight = variable([1, 2]);
    const step = programOf({ weight }).step('reset', () => ({
      outputs: {},
      updates: [assign(weight, tf.zeros([2]))],
    }));
    step.run({});
    expect(valuesOf(weight)).toEqual([0, 0]);
  });
});

describe.skipIf(!hasNative)('a recorded step', () => {
  beforeAll(async () => {
    await useEngine({ prefer: 'native' });
  });

  const HERE = /program\.test\.ts:\d+/;

  it.each([
    ['dataSync', (x: tf.Tensor) => void x.dataSync()],
    ['data', (x: tf.Tensor) => void x.data().catch(() => undefined)],
    ['array', (x: tf.Tensor) => void x.array().catch(() => undefined)],
    ['arraySync', (x: tf.Tensor) => void x.arraySync()],
  ])('refuses to read a value with %s, and names the line', (_, read) => {
    const step = programOf({}).step('reads', (_state, { x }: { x: tf.Tensor1D }) => {
      read(tf.square(x));
      return { outputs: { x } };
    });
    expect(() => step.run({ x: floats([1]) })).toThrow(
      /is read inside a recorded step, at .*program\.test\.ts:\d+/,
    );
  });

  it('refuses what JavaScript computed anew for it, such as a count or a random number', () => {
    let count = 0;
    const step = programOf({}).step('counts', (_state, { x }: { x: tf.Tensor1D }) => {
      count += 1;
      return { outputs: { y: tf.mul(x, tf.scalar(count)) } };
    });
    expect(() => step.run({ x: floats([1]) })).toThrow(
      /is not the same twice: its Const at .*program\.test\.ts/,
    );
    const random = programOf({}).step('draws', (_state, { x }: { x: tf.Tensor1D }) => ({
      outputs: { y: tf.add(x, tf.randomUniform([1])) },
    }));
    expect(() => random.run({ x: floats([1]) })).toThrow('is not the same twice');
  });

  it('refuses tensors from outside, which would be frozen', () => {
    const outside = tf.tensor1d([1]);
    const stranger = variable([1]);
    for (const captured of [outside, stranger]) {
      const step = programOf({}).step('captures', (_state, { x }: { x: tf.Tensor1D }) => ({
        outputs: { y: tf.add(x, captured) },
      }));
      expect(() => step.run({ x: floats([1]) })).toThrow(/was made outside of it, at .*program\.test\.ts/);
    }
    outside.dispose();
  });

  it('refuses a variable of another program, and one variable in two programs', () => {
    const shared = variable([1]);
    programOf({ shared });
    expect(() => new Program({ state: { mine: shared } })).toThrow('in another program already');
    const step = programOf({}).step('borrows', () => ({ outputs: { y: tf.add(shared, 1) } }));
    expect(() => step.run({})).toThrow('uses shared of another program');
  });

  it('names the line of the operation that failed when it ran', () => {
    const table = variable([1, 2, 3]);
    const step = programOf({ table }).step('looks', (_state, { ids }: { ids: tf.Tensor1D }) => ({
      outputs: { rows: tf.gather(table, ids) },
    }));
    expect(Array.from(step.run({ ids: ints([2, 0]) }).rows.values)).toEqual([3, 1]);
    const failure = () => step.run({ ids: ints([2, 7]) });
    expect(failure).toThrow('The step "looks" failed at ');
    expect(failure).toThrow(HERE);
    expect(failure).toThrow('indices[1] = 7 is not in [0, 3)');
    expect(Array.from(step.run({ ids: ints([1, 1]) }).rows.values)).toEqual([2, 2]);
  });

  it('leaves no handle behind when a run fails, before TensorFlow or inside of it', () => {
    const table = variable([1, 2, 3]);
    const step = programOf({ table }).step(
      'weighs',
      (_state, { ids, weights }: { ids: tf.Tensor1D; weights: tf.Tensor1D }) => ({
        outputs: { rows: tf.mul(tf.gather(table, ids), weights) },
      }),
    );
    const run = (id: number, weights: readonly number[]) =>
      step.run({ ids: ints([id]), weights: { values: Float32Array.from(weights), shape: [1] } });
    const handles = () => nativeBackend()?.binding.getNumOfTensors();
    run(0, [1]);
    const before = handles();
    expect(() => run(7, [1])).toThrow('is not in [0, 3)');
    expect(handles()).toBe(before);
    // More values than its shape says: refused after the first input was handed over.
    expect(() => run(0, [1, 2])).toThrow('Shape');
    expect(handles()).toBe(before);
  });

  it('opens one session for all shapes that were prepared together', () => {
    const { add, look } = counting();
    const sessions = () => nativeBackend()?.binding.getNumOfSavedModels() ?? NaN;
    const before = sessions();
    for (const length of [1, 2, 3]) add.prepare({ by: floats(new Float32Array(length)) });
    look.prepare({ times: floats([1, 1]) });
    expect(sessions()).toBe(before);
    add.run({ by: floats([1, 2]) });
    look.run({ times: floats([1, 1]) });
    expect(sessions()).toBe(before + 1);
  });

  it('goes on from the same state after its session was closed to make room', () => {
    const { program, weight, add } = counting();
    add.run({ by: floats([1]) });
    const sessions = nativeBackend()?.binding.getNumOfSavedModels() ?? NaN;
    const greedy = { closeSession: () => undefined };
    sessionPool.use(greedy, sessionPool.limitBytes);
    sessionPool.closed(greedy);
    expect(nativeBackend()?.binding.getNumOfSavedModels()).toBe(sessions - 1);
    expect(valuesOf(weight)).toEqual([2, 3]);
    expect(add.run({ by: floats([1]) }).before.values[0]).toBe(5);
    expect(Array.from(program.read('model/weight').values)).toEqual([3, 4]);
  });

  it('leaves no session and no handle behind when it ends', () => {
    const counts = () => [
      nativeBackend()?.binding.getNumOfTensors(),
      nativeBackend()?.binding.getNumOfSavedModels(),
      tf.memory().numTensors,
    ];
    const before = counts();
    const { program, weight, add } = counting();
    add.run({ by: floats([1]) });
    add.run({ by: floats([1, 2]) });
    program.dispose();
    weight.dispose();
    disposals.length = 0;
    expect(counts()).toEqual(before);
  });
});
