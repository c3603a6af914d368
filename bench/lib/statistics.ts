/** A measured quantity: its median and the range it moved in. */
export interface Summary {
  median: number;
  low: number;
  high: number;
  count: number;
}

/**
 * The p-quantile of a sample, linear between the two nearest order statistics (R's type 7).
 * @param p in [0, 1]
 */
export function quantile(sample: readonly number[], p: number): number {
  const sorted = [...sample].sort((a, b) => a - b);
  const position = (sorted.length - 1) * p;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined)
    throw new RangeError('A quantile needs at least one value.');
  return below + (above - below) * (position - Math.floor(position));
}

export const median = (sample: readonly number[]): number => quantile(sample, 0.5);

/** Median with the smallest and largest value: the runs of a benchmark are too few for anything finer. */
export function summarize(sample: readonly number[]): Summary {
  return {
    median: median(sample),
    low: quantile(sample, 0),
    high: quantile(sample, 1),
    count: sample.length,
  };
}
