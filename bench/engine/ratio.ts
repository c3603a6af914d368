import { Random } from '@rankloop/rl';
import { median, quantile } from '../lib/statistics.ts';

const RESAMPLES = 2000;

/** Lower end of the 95 % bootstrap interval of the median ratio of runs that were measured side by side. */
export function lowerBoundOfRatio(ours: readonly number[], rival: readonly number[]): number {
  const ratios = ours.map((value, i) => value / (rival[i] ?? NaN));
  const random = new Random(1);
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(ratios.map(() => ratios[random.below(ratios.length)] ?? NaN)),
  );
  return quantile(medians, 0.025);
}
