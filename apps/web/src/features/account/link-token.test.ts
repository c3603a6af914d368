import { expect, it } from 'vitest';
import { isWhole, tokenOf } from './link-token.ts';

it('finds the secret in the fragment or the query', () => {
  expect(tokenOf('#token=abc', '')).toBe('abc');
  expect(tokenOf('#abc', '')).toBe('abc');
  expect(tokenOf('', '?token=abc')).toBe('abc');
  expect(tokenOf('', '')).toBe('');
});

it('tells a whole link from one that was cut off', () => {
  const token = 'aB3_'.repeat(10) + 'x-9';
  expect(isWhole(token)).toBe(true);
  expect(isWhole(token.slice(0, -1))).toBe(false);
  expect(isWhole('')).toBe(false);
});
