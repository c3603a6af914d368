// Sizes that inputs are padded to, so that few shapes occur.

/**
 * The smallest of 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, ... that holds `size`, for recorded steps, to which every shape is a
 * new recording: a fifth of the work is wasted on average, and there are two sizes to an octave. Steps that run
 * eagerly take the size as it is.
 */
export function paddedSize(size: number, { isRecorded }: { readonly isRecorded: boolean }): number {
  if (!isRecorded || size < 1) return size;
  const power = 2 ** Math.ceil(Math.log2(size));
  return size <= power * 0.75 && power >= 4 ? power * 0.75 : power;
}
