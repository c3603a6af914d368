import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { ShuffledItems } from '../../data/shuffled-items.ts';
import { Random } from '../../engine/random.ts';
import { useEngine } from '../../engine/use-engine.ts';
import { testEngine } from '../../testing/test-engines.ts';
import { orderPart, randomPart, valuePart, weightsPart } from './parts.ts';
import { restoreParts, type Parts, type PartState } from './progress.ts';

beforeAll(() => useEngine({ prefer: testEngine }));

function read(parts: Parts): Map<string, PartState> {
  return new Map(Object.entries(parts).map(([name, part]) => [name, part.read()]));
}

it('the order of the data goes on where it was, in the same pass and the passes after it', () => {
  const fresh = () => {
    const random = new Random(5);
    const items = new ShuffledItems(['a', 'b', 'c', 'd', 'e'], random);
    return { items, parts: { random: randomPart(random), order: orderPart(items) } };
  };
  const whole = fresh();
  whole.items.nextOfPass(3);
  const saved = { step: 1, parts: read(whole.parts) };
  const later = fresh();
  expect(restoreParts(saved, later.parts)).toBeNull();
  for (let i = 0; i < 6; i++) expect(later.items.nextOfPass(2)).toEqual(whole.items.nextOfPass(2));
});

it('a part that is not of this training leaves all parts as they were', () => {
  const weights = tf.variable(tf.tensor1d([1, 2]));
  let steps = 7;
  const parts = {
    steps: valuePart(z.number(), { read: () => steps, place: (value) => (steps = value) }),
    weights: weightsPart([weights]),
  };
  const saved = read(parts);
  saved.set('steps', { value: 9, tensors: new Map() });
  saved.set('weights', {
    value: null,
    tensors: new Map([['0', { shape: [3], values: Float32Array.of(1, 2, 3) }]]),
  });
  expect(restoreParts({ step: 9, parts: saved }, parts)).toContain('shape [3], not [2]');
  expect(restoreParts({ step: 9, parts: new Map() }, parts)).toContain('has no steps');
  expect(steps).toBe(7);
  expect([...weights.dataSync()]).toEqual([1, 2]);
  weights.dispose();
});
