// What a few seeds say. The seed is the unit: outputs of one run share its luck, and count once together.

import { studentQuantile, studentTail } from './student.ts';

const CONFIDENCE = 0.95;
const POWER = 0.8;

/** The mean of one number per seed. */
export interface SeedInterval {
  mean: number;
  /** 95 %, Student's t over the seeds. */
  low: number;
  high: number;
  seeds: number;
  /** Two-sided, of the mean being 0. */
  pValue: number;
  /**
   * (t_0.975 + t_0.8) · s / √n: had the true mean been this far from 0, such a test would have found it 4 times in 5.
   */
  detectable: number;
}

/**
 * Of differences between two things that had the same seeds, or of one thing less what chance gives.
 * One seed has a mean and no interval: the bounds are infinite and nothing is significant.
 */
export function overSeeds(values: readonly number[]): SeedInterval {
  const seeds = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / seeds;
  const infinite = { low: -Infinity, high: Infinity, pValue: 1, detectable: Infinity };
  if (seeds < 2) return { mean, seeds, ...infinite };
  const df = seeds - 1;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / df;
  const error = Math.sqrt(variance / seeds);
  const half = studentQuantile(0.5 + CONFIDENCE / 2, df) * error;
  return {
    mean,
    seeds,
    low: mean - half,
    high: mean + half,
    pValue: error === 0 ? (mean === 0 ? 1 : 0) : 2 * studentTail(Math.abs(mean) / error, df),
    detectable: (studentQuantile(0.5 + CONFIDENCE / 2, df) + studentQuantile(POWER, df)) * error,
  };
}

/**
 * Holm's step-down: p-values that may each be compared with 0.05 though several were looked at.
 * adjusted of rank k (1 is the smallest of m) = max over j <= k of (m - j + 1) · p_j, at most 1.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((pValue, index) => ({ pValue, index })).sort((a, b) => a.pValue - b.pValue);
  const adjusted = new Array<number>(pValues.length).fill(1);
  let largest = 0;
  order.forEach(({ pValue, index }, rank) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValue));
    adjusted[index] = largest;
  });
  return adjusted;
}
