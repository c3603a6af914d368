import type { CurveForecast, CurvePoint } from '@rankloop/contracts';

export const WIDTH = 640;
export const HEIGHT = 300;
const LEFT = 48;
const RIGHT = 16;
const TOP = 16;
const BOTTOM = 36;

export interface CurveScales {
  x: (labels: number) => number;
  y: (accuracy: number) => number;
  xTicks: number[];
  yTicks: number[];
}

/** Labels over their logarithm, because each doubling is as much work for about as much gain. */
export function scalesOf(points: readonly CurvePoint[], forecast: readonly CurveForecast[]): CurveScales {
  const labels = [...points, ...forecast].map((point) => point.labels);
  const accuracies = [
    ...points.map(({ accuracy }) => accuracy),
    ...forecast.flatMap(({ low, high }) => [low, high]),
  ];
  const [least, most] = [Math.max(1, Math.min(...labels)), Math.max(2, ...labels)];
  const low = Math.max(0, Math.floor(10 * Math.min(0.5, ...accuracies)) / 10);
  const high = Math.min(1, Math.ceil(10 * Math.max(0.6, ...accuracies)) / 10);
  const span = Math.log(most / least) || 1;
  return {
    x: (value) => LEFT + (Math.log(Math.max(least, value) / least) / span) * (WIDTH - LEFT - RIGHT),
    y: (value) =>
      TOP + ((high - Math.min(high, Math.max(low, value))) / (high - low)) * (HEIGHT - TOP - BOTTOM),
    xTicks: roundNumbers(least, most),
    yTicks: Array.from({ length: Math.round((high - low) * 10) + 1 }, (_, i) => low + i / 10),
  };
}

/** That fit beside each other on a phone. */
const MOST_TICKS = 7;

/** 1, 2 and 5 times a power of ten; where these are too many, the powers alone. */
export function roundNumbers(least: number, most: number): number[] {
  const all = timesPowers([1, 2, 5], least, most);
  return all.length > MOST_TICKS ? timesPowers([1], least, most) : all;
}

function timesPowers(factors: readonly number[], least: number, most: number): number[] {
  const all: number[] = [];
  for (let power = 10 ** Math.floor(Math.log10(least)); power <= most; power *= 10) {
    for (const factor of factors) {
      const value = factor * power;
      if (value >= least && value <= most) all.push(value);
    }
  }
  return all;
}

/** The lower edge from left to right and the upper one back. */
export function bandOf(forecast: readonly CurveForecast[], { x, y }: CurveScales): string {
  const lower = forecast.map(({ labels, low }) => `${x(labels)},${y(low)}`);
  const upper = forecast.map(({ labels, high }) => `${x(labels)},${y(high)}`).reverse();
  return [...lower, ...upper].join(' ');
}
