import { describe, expect, it } from 'vitest';
import { Random } from '../engine/random.ts';
import { sigmoid } from '../reference/pair-loss.ts';
import { formulas } from '../testing/golden.ts';
import '../testing/to-be-all-close.ts';
import { calibrationBins, pairAccuracy } from './pair-accuracy.ts';
import { winRate } from './win-rate.ts';

describe('a win rate', () => {
  it('counts ties half', () => {
    expect(winRate([1, 2, 3, 0], [0, 2, 3, 1]).value).toBe(0.5);
  });

  it('covers the truth in about 95 of 100 repetitions', () => {
    const random = new Random(5);
    const covered = Array.from({ length: 200 }, (_, seed) => {
      const a = Array.from({ length: 100 }, () => (random.uniform() < 0.7 ? 1 : -1));
      const { low, high } = winRate(
        a,
        a.map(() => 0),
        { seed },
      );
      return low <= 0.7 && 0.7 <= high;
    }).filter(Boolean).length;
    expect(covered / 200).toBeGreaterThan(0.88);
  });

  it('has a wider interval when the same outputs come from fewer prompts', () => {
    const random = new Random(2);
    const perPrompt = Array.from({ length: 20 }, () => random.uniform());
    const a = Array.from({ length: 200 }, (_, i) => ((perPrompt[i % 20] ?? 0) > 0.5 ? 1 : -1));
    const b = a.map(() => 0);
    const width = (interval: { low: number; high: number }) => interval.high - interval.low;
    const promptIds = a.map((_, i) => String(i % 20));
    expect(width(winRate(a, b, { promptIds }))).toBeGreaterThan(2 * width(winRate(a, b)));
  });

  it('refuses scores that are not numbers or do not match', () => {
    expect(() => winRate([1, NaN], [0, 0])).toThrow('Score 1');
    expect(() => winRate([1], [])).toThrow('same number');
  });
});

describe('pair accuracy', () => {
  it('counts equal scores as wrong and gives nothing for nothing', () => {
    const promptText = 'p';
    const preferences = [
      { promptText, better: 1, worse: 0 },
      { promptText, better: 1, worse: 1 },
    ];
    expect(pairAccuracy(preferences)?.value).toBe(0.5);
    expect(pairAccuracy([])).toBeNull();
  });

  it('has an interval over prompts: one prompt gives no spread', () => {
    const preferences = [0, 1, 2, 3].map((i) => ({ promptText: 'same', better: i % 2, worse: 0.5 }));
    expect(pairAccuracy(preferences)).toEqual({ value: 0.5, low: 0.5, high: 0.5, n: 1 });
  });
});

describe('calibration', () => {
  it('of preferences drawn from the scores themselves is on the diagonal', () => {
    const random = new Random(9);
    const preferences = Array.from({ length: 20_000 }, (_, i) => {
      const [x, y] = [2 * random.normal(), 2 * random.normal()];
      const [better, worse] = random.uniform() < sigmoid(x - y) ? [x, y] : [y, x];
      return { promptText: String(i % 500), better, worse };
    });
    const bins = calibrationBins(preferences);
    expect(bins.map(({ from }) => from)).toBeAllClose([0.5, 0.6, 0.7, 0.8, 0.9]);
    expect(bins.map(({ observed }) => observed)).toBeAllClose(
      bins.map(({ predicted }) => predicted),
      { atol: 0.03 },
    );
    // The intervals hold what they are of, and are narrow where pairs are many.
    for (const { low, high, observed } of bins) {
      expect(low).toBeLessThan(observed);
      expect(high).toBeGreaterThan(observed);
      expect(high - low).toBeLessThan(0.06);
    }
    expect(sigmoid(1)).toBeAllClose(formulas.elo.dPM1_prob);
  });
});
