import { describe, expect, it } from 'vitest';
import { bytes, count, counted, measured, percent, percentInterval } from './format.ts';

describe('numbers for people', () => {
  it('separates thousands and agrees in number', () => {
    expect([count(12_345), counted(1, 'task'), counted(0, 'task'), counted(2, 'person', 'people')]).toEqual([
      '12,345',
      '1 task',
      '0 tasks',
      '2 people',
    ]);
  });

  it('writes shares with a percent sign, and intervals with both ends', () => {
    expect(percent(0.714)).toBe('71 %');
    expect(percent(0.714, 1)).toBe('71.4 %');
    expect(percentInterval({ value: 0.71, low: 0.64, high: 0.78 })).toBe('71 % (64 to 78 %)');
  });

  it('gives sizes a unit that keeps the number short', () => {
    expect([bytes(0), bytes(999), bytes(1400), bytes(512_000_000), bytes(2.5e12)]).toEqual([
      '0 B',
      '999 B',
      '1.4 KB',
      '512 MB',
      '2.5 TB',
    ]);
  });

  it('keeps three digits of a measured number whatever its size', () => {
    expect([
      measured(0),
      measured(0.02134),
      measured(0.0000321),
      measured(1204.4),
      measured(-3.14159),
    ]).toEqual(['0', '0.0213', '3.2e-5', '1,204', '-3.14']);
  });
});
