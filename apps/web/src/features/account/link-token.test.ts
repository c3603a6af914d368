import { expect, it } from 'vitest';
import { tokenOf } from './link-token.ts';

it('finds the secret in the fragment or the query', () => {
  expect(tokenOf('#token=abc', '')).toBe('abc');
  expect(tokenOf('#abc', '')).toBe('abc');
  expect(tokenOf('', '?token=abc')).toBe('abc');
  expect(tokenOf('', '')).toBe('');
});
