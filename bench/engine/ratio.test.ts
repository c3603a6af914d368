import { expect, test } from 'vitest';
import { lowerBoundOfRatio } from './ratio.ts';

test('a constant ratio is its own lower bound, however the machine slows down', () => {
  expect(lowerBoundOfRatio([30, 15, 3], [20, 10, 2])).toBeCloseTo(1.5, 12);
});

test('one lucky run lifts neither the median nor its lower bound', () => {
  const rival = [10, 10, 10, 10, 10];
  expect(lowerBoundOfRatio([9, 10, 10, 11, 90], rival)).toBeLessThanOrEqual(1);
});
