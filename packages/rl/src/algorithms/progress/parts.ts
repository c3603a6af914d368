// The parts that trainings are made of.

import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { ShuffledItems } from '../../data/shuffled-items.ts';
import type { AdamW } from '../../engine/optimizer.ts';
import type { Random } from '../../engine/random.ts';
import { sizeOf, type HostTensor } from '../../weights/safetensors.ts';
import type { Part, PartState } from './progress.ts';

const NO_TENSORS: ReadonlyMap<string, HostTensor> = new Map();

/** Weights, in the order given, as they lie in memory. */
export function weightsPart(variables: readonly tf.Variable[]): Part {
  return {
    read: () => ({ value: null, tensors: byPlace(readWeights(variables)) }),
    accept: (state) => {
      const tensors = variables.map(({ shape }, i) => tensorOf(state, String(i), shape));
      return () => putWeights(variables, tensors);
    },
  };
}

export function readWeights(variables: readonly tf.Variable[]): HostTensor[] {
  return variables.map((variable) => ({
    shape: variable.shape,
    values: variable.dataSync<'float32'>().slice(),
  }));
}

/** Shapes have been compared. */
export function putWeights(variables: readonly tf.Variable[], tensors: readonly HostTensor[]): void {
  variables.forEach((variable, i) => {
    const values = tensors[i]?.values ?? new Float32Array();
    const tensor = tf.tensor(values.slice(), variable.shape, 'float32');
    variable.assign(tensor);
    tensor.dispose();
  });
}

const Step = z.number().int().nonnegative();

/** The moments and the count of steps. `params` are those that it was made for. */
export function optimizerPart(optimizer: AdamW, params: readonly tf.Variable[]): Part {
  return {
    read: () => {
      const { step, firstMoments, secondMoments } = optimizer.state();
      const named = (kind: string, moments: readonly Float32Array[]) =>
        moments.map((values, i) => [`${kind}${i}`, { shape: [values.length], values }] as const);
      return { value: step, tensors: new Map([...named('m', firstMoments), ...named('v', secondMoments)]) };
    },
    accept: (state) => {
      const step = Step.parse(state.value);
      const moments = (kind: string) =>
        params.map(({ size }, i) => tensorOf(state, `${kind}${i}`, [size]).values);
      const restored = { step, firstMoments: moments('m'), secondMoments: moments('v') };
      return () => optimizer.restore(restored);
    },
  };
}

const Word = z.number().int();
export const RandomWords = z.tuple([Word, Word, Word, Word, z.number().nullable()]);

export function randomPart(random: Random): Part {
  return valuePart<z.infer<typeof RandomWords>>(RandomWords, {
    read: () => [...random.state()],
    place: (words) => random.restore(words),
  });
}

/** The place in the data; the generator behind it is a part of its own. */
export function orderPart(items: ShuffledItems<unknown>): Part {
  const Place = z
    .number()
    .int()
    .min(0)
    .max(items.count - 1);
  return valuePart(z.array(Place), {
    read: () => [...items.left],
    place: (left) => items.goTo(left),
  });
}

/** Numbers and texts that JSON holds. */
export function valuePart<Value extends PartState['value']>(
  schema: z.ZodType<Value>,
  { read, place }: { read: () => Value; place: (value: Value) => void },
): Part {
  return {
    read: () => ({ value: read(), tensors: NO_TENSORS }),
    accept: (state) => {
      const value = schema.parse(state.value);
      return () => place(value);
    },
  };
}

/** A tensor of a part. @throws Error if it is missing or has another shape */
export function tensorOf(state: PartState, name: string, shape: readonly number[]): HostTensor {
  const tensor = state.tensors.get(name);
  if (tensor?.shape.join() !== shape.join() || tensor.values.length !== sizeOf(shape)) {
    throw new Error(
      `What was saved as ${name} has shape [${tensor?.shape.join(', ') ?? ''}], not [${shape.join(', ')}].`,
    );
  }
  return tensor;
}

function byPlace(tensors: readonly HostTensor[]): Map<string, HostTensor> {
  return new Map(tensors.map((tensor, i) => [String(i), tensor]));
}
