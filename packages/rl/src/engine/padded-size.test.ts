import { describe, expect, it } from 'vitest';
import { paddedSize, usualSize } from './padded-size.ts';

describe('padded sizes', () => {
  it('hold what they are for, large ones with less than half as much again, and are few', () => {
    const sizes = Array.from({ length: 1000 }, (_, i) => i + 1);
    const padded = sizes.map((size) => paddedSize(size, { isRecorded: true }));
    expect(new Set(padded)).toEqual(new Set([8, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024]));
    padded.forEach((size, i) => {
      expect(size).toBeGreaterThanOrEqual(sizes[i] ?? NaN);
      if (size > 32) expect(size).toBeLessThanOrEqual(1.5 * (sizes[i] ?? NaN));
    });
  });

  it('are the sizes themselves where nothing is recorded', () => {
    expect([0, 5, 777].map((size) => paddedSize(size, { isRecorded: false }))).toEqual([0, 5, 777]);
  });
});

describe('the usual size', () => {
  it('is taken for what is smaller, but not so much smaller that padding costs more than it saves', () => {
    const sizeOf = (size: number, isRecorded = true) =>
      usualSize(size, { usual: 56, most: 2 }, { isRecorded });
    expect([56, 49, 25, 24].map((size) => sizeOf(size))).toEqual([56, 56, 56, 56]);
    expect(sizeOf(16)).toBe(16);
    expect(sizeOf(57)).toBe(64);
    expect(sizeOf(25, false)).toBe(25);
  });
});
