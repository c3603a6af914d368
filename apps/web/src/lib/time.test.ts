import { expect, it } from 'vitest';
import { duration, relativeTime } from './time.ts';

// Noon where the test runs: a date is told in the reader's own zone.
const now = new Date(2030, 0, 15, 12);
const ago = (ms: number) => relativeTime(new Date(now.getTime() - ms), now);

it('says a time in words, past and future, and the date after a week', () => {
  expect(ago(10_000)).toBe('now');
  expect(ago(5 * 60_000)).toBe('5 min. ago');
  expect(ago(-3 * 3_600_000)).toBe('in 3 hr.');
  expect(ago(86_400_000)).toBe('yesterday');
  expect(ago(10 * 86_400_000)).toBe('Jan 5, 2030');
});

it('gives every duration its units', () => {
  expect([850, 42_000, 200_000, 60_000, 7_500_000].map(duration)).toEqual([
    '850 ms',
    '42 s',
    '3 min 20 s',
    '1 min',
    '2 h 5 min',
  ]);
});
