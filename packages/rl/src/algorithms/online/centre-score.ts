// People's scores of any scale, as rewards.

/**
 * Puts the middle of a scale at 0 and its ends at -1 and 1: thumbs (0, 1) become -1 and 1; of 0 to 5 a 4 is 0.6.
 *
 * @param value within [min, max]
 */
export function centreScore(value: number, { min, max }: { min: number; max: number }): number {
  if (!(max > min)) throw new Error(`A scale needs two ends, not ${min} and ${max}.`);
  return (2 * (value - min)) / (max - min) - 1;
}
