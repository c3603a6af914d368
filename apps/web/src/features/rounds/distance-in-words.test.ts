import { expect, test } from 'vitest';
import { distanceInWords } from './distance-in-words.ts';

test('a distance below zero is told as chance, not as a distance', () => {
  expect(distanceInWords(2.5)).toBe('The policy ended 2.5 nats from the reference.');
  expect(distanceInWords(-0.02)).toContain('about where the reference is');
});
