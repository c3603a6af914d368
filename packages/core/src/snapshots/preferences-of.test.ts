import { expect, test } from 'vitest';
import { countPairs, preferencesOf } from './preferences-of.ts';

const nothing = { ranks: null, strength: null, scores: null, edits: null };
const said = (more: Partial<Parameters<typeof preferencesOf>[0]>): Parameters<typeof preferencesOf>[0] => ({
  outcome: 'ok',
  shownOrder: ['b', 'a'],
  ...nothing,
  ...more,
});

test('a ranking is read by completion, not by the order shown', () => {
  expect(preferencesOf(said({ ranks: { b: 1, a: 2 } }), ['a', 'b']).ranks).toEqual([2, 1]);
});

test('a negative strength prefers the output shown first, a positive one the second', () => {
  expect(preferencesOf(said({ strength: -2 }), ['a', 'b'])).toMatchObject({ ranks: [2, 1], strength: 2 });
  expect(preferencesOf(said({ strength: 3 }), ['a', 'b'])).toMatchObject({ ranks: [1, 2], strength: 3 });
});

test('ratings of the overall dimension order outputs only where there is no ranking and no comparison', () => {
  const scores = { a: { overall: 5, style: 1 }, b: { overall: 3, style: 5 } };
  expect(preferencesOf(said({ scores }), ['a', 'b']).ranks).toEqual([1, 2]);
  expect(preferencesOf(said({ scores, ranks: { a: 2, b: 1 } }), ['a', 'b']).ranks).toEqual([2, 1]);
  expect(preferencesOf(said({ scores: { a: { style: 1 } } }), ['a', 'b']).ranks).toBeNull();
});

test('ties all over, skips and refusals order nothing', () => {
  expect(preferencesOf(said({ ranks: { a: 1, b: 1 } }), ['a', 'b']).ranks).toBeNull();
  expect(preferencesOf(said({ strength: 0 }), ['a', 'b']).ranks).toBeNull();
  expect(preferencesOf(said({ outcome: 'skipped', ranks: { a: 1, b: 2 } }), ['a', 'b']).ranks).toBeNull();
  expect(preferencesOf(said({ outcome: 'both_bad', strength: 1 }), ['a', 'b']).ranks).toBeNull();
});

test('ties all over are told apart from nothing to compare', () => {
  const tiedOf = (more: Parameters<typeof said>[0]) => preferencesOf(said(more), ['a', 'b', 'c']).tied;
  expect(tiedOf({ ranks: { a: 1, b: 1 } })).toEqual([1, 1, null]);
  expect(tiedOf({ ranks: { a: 1, b: 2, c: 2 } })).toBeNull();
  expect(tiedOf({ ranks: { a: 1 } })).toBeNull();
  expect(tiedOf({ ranks: { a: 1, b: 1 }, outcome: 'skipped' })).toBeNull();
});

test('an edited text is kept with the output that it was made from', () => {
  expect(preferencesOf(said({ edits: { b: 'better' } }), ['a', 'b'])).toEqual({
    ranks: null,
    tied: null,
    strength: null,
    edits: [{ output: 1, text: 'better' }],
  });
});

test('tied and unranked outputs give no pair', () => {
  expect(countPairs([1, 2, 2, null])).toBe(2);
  expect(countPairs([1, 2, 3, 4])).toBe(6);
  expect(countPairs([])).toBe(0);
});
