import { expect, it } from 'vitest';
import { bandOf, HEIGHT, roundNumbers, scalesOf, WIDTH } from './curve-geometry.ts';

const points = [
  { labels: 50, accuracy: 0.61 },
  { labels: 400, accuracy: 0.74 },
];
const forecast = [
  { labels: 400, value: 0.74, low: 0.72, high: 0.76 },
  { labels: 1600, value: 0.79, low: 0.6, high: 1.2 },
];

it('gives each doubling of the labels the same width', () => {
  const { x } = scalesOf(points, forecast);
  expect(x(200) - x(100)).toBeCloseTo(x(1600) - x(800), 6);
});

it('keeps everything within the frame, an interval beyond certainty too', () => {
  const scales = scalesOf(points, forecast);
  for (const corner of bandOf(forecast, scales).split(' ')) {
    const [x = NaN, y = NaN] = corner.split(',').map(Number);
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x).toBeLessThanOrEqual(WIDTH);
    expect(y).toBeGreaterThanOrEqual(0);
    expect(y).toBeLessThanOrEqual(HEIGHT);
  }
});

it('labels the axis with round numbers', () => {
  expect(roundNumbers(50, 1600)).toEqual([50, 100, 200, 500, 1000]);
});

it('labels a long axis with fewer of them, so that none covers another', () => {
  expect(roundNumbers(40, 100_000)).toEqual([100, 1000, 10_000, 100_000]);
});
