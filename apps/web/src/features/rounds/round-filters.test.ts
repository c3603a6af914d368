import { expect, test } from 'vitest';
import { queryOf, readFilters, writeFilters } from './round-filters.ts';

test('filters survive being an address, and what an address must not say is left out', () => {
  const address = 'state=failed&recipe=ppo&by=rule&days=7&compare=a%2Cb&metric=loss';
  const filters = readFilters(new URLSearchParams(address));
  expect(filters).toEqual({
    state: 'failed',
    recipe: 'ppo',
    by: 'rule',
    days: '7',
    compare: ['a', 'b'],
    metric: 'loss',
  });
  expect(writeFilters(filters)).toBe(address);
  const none = readFilters(new URLSearchParams('state=gone&recipe=none&days=365'));
  expect(none).toMatchObject({ state: null, recipe: null, days: null, compare: [] });
  expect(writeFilters(none)).toBe('');
});

test('a filter by time asks for the same within an hour', () => {
  const filters = readFilters(new URLSearchParams('days=1'));
  const now = Date.parse('2026-11-21T10:05:00Z');
  expect(queryOf(filters, now)).toEqual({ since: '2026-11-20T10:00:00.000Z' });
  expect(queryOf(filters, now + 50 * 60_000)).toEqual(queryOf(filters, now));
});
