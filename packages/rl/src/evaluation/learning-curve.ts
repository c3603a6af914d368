// What more labels would bring, foretold from the labels that are there.

import { Random } from '../engine/random.ts';

/** Accuracy of a reward model that was trained on `labels` judgements, in [0, 1]. */
export interface CurvePoint {
  readonly labels: number;
  readonly accuracy: number;
}

export interface LearningCurve {
  /** What no number of labels goes beyond. */
  readonly ceiling: number;
  readonly scale: number;
  /** How fast the ceiling comes nearer: at 0.5, four times the labels halve what is missing. */
  readonly exponent: number;
}

export interface Extrapolation {
  readonly value: number;
  /** 95 %, by a parametric bootstrap. */
  readonly low: number;
  readonly high: number;
}

const EXPONENTS = Array.from({ length: 29 }, (_, i) => 0.1 + 0.05 * i);
const RESAMPLES = 400;
const TAIL = 0.025;

/**
 *   accuracy(n) = ceiling - scale · n^(-exponent)        the power law of Hestness et al. (2017), with scale >= 0
 *
 * Least squares: for each exponent of a grid the other two are a line's, and the best of the grid is taken. A ceiling
 * above 1 or a curve that falls is not believed: the ceiling is held at 1, the scale at 0.
 *
 * @throws Error for fewer than three different numbers of labels: three unknowns fit any two points
 */
export function fitLearningCurve(points: readonly CurvePoint[]): LearningCurve {
  if (new Set(points.map(({ labels }) => labels)).size < 3) {
    throw new Error('A learning curve needs the accuracy at three different numbers of labels.');
  }
  if (points.some(({ labels, accuracy }) => !(labels > 0) || !Number.isFinite(accuracy))) {
    throw new Error('A learning curve needs numbers of labels above 0 and accuracies that are numbers.');
  }
  const fits = EXPONENTS.map((exponent) => fitAt(points, exponent));
  return fits.reduce((best, fit) => (errorOf(fit, points) < errorOf(best, points) ? fit : best));
}

export const accuracyAt = ({ ceiling, scale, exponent }: LearningCurve, labels: number): number =>
  ceiling - scale * labels ** -exponent;

/** The curve at `labels`, with the interval that its residuals allow. It says nothing of other kinds of prompts. */
export function extrapolate(points: readonly CurvePoint[], labels: number, seed = 1): Extrapolation {
  const curve = fitLearningCurve(points);
  const freedoms = Math.max(1, points.length - 3);
  const random = new Random(seed);
  const values = Array.from({ length: RESAMPLES }, () => {
    // With few points the size of the noise is itself hardly known: it is drawn too, as s² · df / χ²_df.
    const deviation = Math.sqrt(errorOf(curve, points) / chiSquare(random, freedoms));
    const again = points.map(({ labels }) => ({
      labels,
      accuracy: accuracyAt(curve, labels) + deviation * random.normal(),
    }));
    return accuracyAt(fitLearningCurve(again), labels);
  }).sort((a, b) => a - b);
  return {
    value: accuracyAt(curve, labels),
    low: values[Math.floor(TAIL * RESAMPLES)] ?? NaN,
    high: values[Math.ceil((1 - TAIL) * RESAMPLES) - 1] ?? NaN,
  };
}

/** accuracy = ceiling - scale · x with x = n^(-exponent), by least squares within what can be believed. */
function fitAt(points: readonly CurvePoint[], exponent: number): LearningCurve {
  const xs = points.map(({ labels }) => labels ** -exponent);
  const ys = points.map(({ accuracy }) => accuracy);
  const [meanX, meanY] = [mean(xs), mean(ys)];
  const products = xs.reduce((sum, x, i) => sum + (x - meanX) * ((ys[i] ?? NaN) - meanY), 0);
  const squares = xs.reduce((sum, x) => sum + (x - meanX) ** 2, 0);
  const scale = Math.max(0, -products / squares);
  const ceiling = meanY + scale * meanX;
  if (ceiling <= 1) return { ceiling, scale, exponent };
  const held =
    xs.reduce((sum, x, i) => sum + x * (1 - (ys[i] ?? NaN)), 0) / xs.reduce((sum, x) => sum + x * x, 0);
  return { ceiling: 1, scale: Math.max(0, held), exponent };
}

const chiSquare = (random: Random, df: number): number =>
  Array.from({ length: df }, () => random.normal() ** 2).reduce((sum, square) => sum + square, 0);

const errorOf = (curve: LearningCurve, points: readonly CurvePoint[]): number =>
  points.reduce((sum, { labels, accuracy }) => sum + (accuracy - accuracyAt(curve, labels)) ** 2, 0);

const mean = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0) / values.length;
