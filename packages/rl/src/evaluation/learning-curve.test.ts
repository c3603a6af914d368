import { describe, expect, it } from 'vitest';
import { Random } from '../engine/random.ts';
import { accuracyAt, extrapolate, fitLearningCurve, type CurvePoint } from './learning-curve.ts';

const truth = { ceiling: 0.82, scale: 2, exponent: 0.5 };
const LABELS = [200, 400, 800, 1_600, 3_200];
const exact = LABELS.map((labels) => ({ labels, accuracy: accuracyAt(truth, labels) }));

const noisy = (random: Random, deviation: number): CurvePoint[] =>
  exact.map(({ labels, accuracy }) => ({ labels, accuracy: accuracy + deviation * random.normal() }));

describe('a learning curve', () => {
  it('is found again where the accuracies lie on one', () => {
    const { ceiling, scale, exponent } = fitLearningCurve(exact);
    expect(ceiling).toBeCloseTo(0.82, 6);
    expect(scale).toBeCloseTo(2, 4);
    expect(exponent).toBeCloseTo(0.5, 6);
  });

  it('foretells what more labels bring, with an interval that holds the truth about as often as it says', () => {
    const random = new Random(3);
    const repetitions = 60;
    const held = Array.from({ length: repetitions }, (_, seed) => {
      const { low, high } = extrapolate(noisy(random, 0.004), 6_400, seed);
      const target = accuracyAt(truth, 6_400);
      return low <= target && target <= high;
    }).filter(Boolean).length;
    // 57 expected of 60 at 95 %.
    expect(held).toBeGreaterThanOrEqual(51);
  });

  it('is level where accuracy falls with labels, and never goes above 1', () => {
    const falling = LABELS.map((labels, i) => ({ labels, accuracy: 0.8 - 0.01 * i }));
    expect(fitLearningCurve(falling)).toMatchObject({ scale: 0, ceiling: expect.closeTo(0.78, 6) as number });
    const steep = LABELS.map((labels, i) => ({ labels, accuracy: 0.5 + 0.11 * i }));
    expect(fitLearningCurve(steep).ceiling).toBeLessThanOrEqual(1);
  });

  it('refuses two numbers of labels and numbers that are none', () => {
    expect(() => fitLearningCurve(exact.slice(0, 2))).toThrow('three different');
    expect(() => fitLearningCurve([...exact, { labels: 5, accuracy: NaN }])).toThrow('are numbers');
  });
});
