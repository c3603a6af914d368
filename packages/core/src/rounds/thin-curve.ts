export interface Points {
  /** Ascending. */
  steps: number[];
  values: number[];
}

/**
 * At most `points` of a curve: its ends, and the lowest and highest value of each of the runs of steps that it is cut
 * into. Every point that is left was there.
 */
export function thinCurve<Curve extends Points>(curve: Curve, points: number): Curve {
  const { steps, values } = curve;
  const [first = 0, last = 0] = [steps[0], steps.at(-1)];
  if (steps.length <= points) return curve;
  const runs = Math.max(1, Math.floor((points - 2) / 2));
  const kept = new Set([0, steps.length - 1]);
  const extremes = new Map<number, { low: number; high: number }>();
  for (const [i, value] of values.entries()) {
    const run = Math.floor((((steps[i] ?? first) - first) * runs) / (last - first + 1));
    const known = extremes.get(run);
    if (!known) extremes.set(run, { low: i, high: i });
    else if (value < (values[known.low] ?? value)) known.low = i;
    else if (value > (values[known.high] ?? value)) known.high = i;
  }
  for (const { low, high } of extremes.values()) kept.add(low).add(high);
  const places = [...kept].sort((a, b) => a - b);
  const at = (row: readonly number[]) => places.map((place) => row[place] ?? NaN);
  return { ...curve, steps: at(steps), values: at(values) };
}
