// What the reward models of a plan say together.

import type { CurveComparison, CurveForecast, CurvePoint, CurveResult } from '@rankloop/contracts';
import { extrapolate } from '../evaluation/learning-curve.ts';
import type { CurveCell, CurvePart, CurvePlan } from './plan-curve.ts';

/** Each step of the forecast has a half more labels; it ends at about sixteen times of what there is. */
const GROWTH = 1.5;
const STEPS = 7;

/** The 97.5 % quantile of Student's t, for 1 to 9 degrees of freedom. */
const T_QUANTILES = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

/** Before all of them are trained, what can be said so far. */
export function summariseCurve(
  cells: readonly CurveCell[],
  { noDeep, noFresh }: Pick<CurvePlan, 'noDeep' | 'noFresh'>,
): CurveResult {
  const points = cells.flatMap(({ part, labels, accuracy }) =>
    part === 'size' && accuracy !== null ? [{ labels, accuracy }] : [],
  );
  const canFit = new Set(points.map(({ labels }) => labels)).size >= 3 && points.length > 3;
  return {
    points,
    forecast: canFit ? forecastOf(points) : [],
    deep: compare(cells, { first: 'deep', second: 'wide', why: noDeep }),
    fresh: compare(cells, { first: 'fresh', second: 'older', why: noFresh }),
    why: canFit ? null : 'The judgements are too few for a curve: no held-out pair, or too few sizes.',
  };
}

function forecastOf(points: readonly CurvePoint[]): CurveForecast[] {
  const most = Math.max(...points.map(({ labels }) => labels));
  return Array.from({ length: STEPS }, (_, step) => {
    const labels = Math.round(most * GROWTH ** step);
    return { labels, ...extrapolate(points, labels) };
  });
}

interface Sides {
  first: CurvePart;
  second: CurvePart;
  why: string | null;
}

/** Paired over repeats: both sides of one have the same prompts held out. */
function compare(cells: readonly CurveCell[], { first, second, why }: Sides): CurveComparison {
  const pairs = cells.flatMap(({ repeat, part, accuracy, labels }) => {
    const other = cells.find((cell) => cell.repeat === repeat && cell.part === second);
    if (part !== first || accuracy === null || !other || other.accuracy === null) return [];
    return [{ difference: accuracy - other.accuracy, labels: (labels + other.labels) / 2 }];
  });
  const labels = Math.round(mean(pairs.map((pair) => pair.labels)));
  const differences = pairs.map(({ difference }) => difference);
  const told = why === null ? withInterval(differences) : null;
  const reason = why ?? (told ? null : 'Too few repeats gave a figure.');
  return { difference: told, labels, repeats: pairs.length, why: reason };
}

/** mean ± t · s / √n, with s over n - 1. */
function withInterval(values: readonly number[]): CurveComparison['difference'] {
  const quantile = T_QUANTILES[values.length - 2];
  if (quantile === undefined) return null;
  const value = mean(values);
  const squares = values.reduce((sum, each) => sum + (each - value) ** 2, 0);
  const reach = quantile * Math.sqrt(squares / (values.length - 1) / values.length);
  return { value, low: value - reach, high: value + reach };
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
