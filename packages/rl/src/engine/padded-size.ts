// Sizes that inputs are padded to, so that few shapes occur.

/** Below this, padding costs less than recordings do. */
const SMALLEST = 8;
/** From here on sizes come twice to an octave. */
const LARGE = 32;

/**
 * The smallest of 8, 16, 32, 48, 64, 96, 128, 192, 256, ... that holds `size`, for recorded steps, to which every shape is a
 * new recording. Steps that run eagerly take the size as it is.
 */
export function paddedSize(size: number, { isRecorded }: { readonly isRecorded: boolean }): number {
  if (!isRecorded || size < 1) return size;
  const power = Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(size)));
  return power > LARGE && size <= power * 0.75 ? power * 0.75 : power;
}
