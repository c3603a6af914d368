import { describe, expect, it } from 'vitest';
import { paddedSize } from './padded-size.ts';

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
