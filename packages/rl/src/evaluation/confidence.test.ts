import { describe, expect, it } from 'vitest';
import { confidenceOf } from './confidence.ts';

const accuracy = (low: number) => ({ value: low + 0.05, low, high: low + 0.1, n: 40 });

describe('confidence in a reward model', () => {
  it('is 0 as long as its accuracy may be chance', () => {
    expect(confidenceOf(accuracy(0.5))).toBe(0);
    expect(confidenceOf(accuracy(0.42))).toBe(0);
  });

  it('is 1 from a lower end of 70 %, and rises between', () => {
    expect(confidenceOf(accuracy(0.75))).toBe(1);
    expect(confidenceOf(accuracy(0.6))).toBeCloseTo(0.5, 12);
  });

  it('is 1 where nothing was held out', () => {
    expect(confidenceOf(null)).toBe(1);
  });

  it('without an ordered pair is the share of the ratings that is explained, from 0 to 1', () => {
    expect(confidenceOf(null, 0.4)).toBeCloseTo(0.6, 12);
    expect([confidenceOf(null, 1.3), confidenceOf(null, 0)]).toEqual([0, 1]);
    expect(confidenceOf(accuracy(0.42), 0.1)).toBe(0);
  });
});
