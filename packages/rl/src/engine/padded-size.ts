// Sizes that inputs are padded to, so that few shapes occur.

/** Below this, padding costs less than recordings do. */
const SMALLEST = 8;
/** From here on sizes come twice to an octave. */
const LARGE = 32;

/** The sizes of most batches of a run. */
export interface UsualShape {
  readonly rows: number;
  /** Of a row. */
  readonly tokens: number;
  /** Of all rows together that something is computed for. */
  readonly outputs: number;
}

/** What takes arrays: whether every new shape of them has to be recorded, and what comes most. */
export interface ShapeTaker {
  readonly isRecorded: boolean;
  readonly usual?: UsualShape | null;
}

/**
 * The smallest of 8, 16, 32, 48, 64, 96, 128, 192, 256, ... that holds `size`, for recorded steps, to which every shape is a
 * new recording. Steps that run eagerly take the size as it is.
 */
export function paddedSize(size: number, { isRecorded }: { readonly isRecorded: boolean }): number {
  if (!isRecorded || size < 1) return size;
  const power = Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(size)));
  return power > LARGE && size <= power * 0.75 ? power * 0.75 : power;
}

/**
 * The usual size for what fits it, unless that is more than `most` times its own padded size, which is taken then. For
 * steps that run eagerly `usual` is no matter.
 */
export function usualSize(
  size: number,
  { usual, most }: { readonly usual: number | undefined; readonly most: number },
  taker: ShapeTaker,
): number {
  const padded = paddedSize(size, taker);
  return taker.isRecorded && usual !== undefined && size <= usual && usual <= most * padded ? usual : padded;
}

/** Padding to the usual number of outputs may multiply them by so much: a row's other work is much more. */
const MOST_OUTPUTS = 8;

/** The size of a list with an entry for every output, or pair, of a batch. */
export function paddedOutputs(count: number, taker: ShapeTaker): number {
  return usualSize(count, { usual: taker.usual?.outputs, most: MOST_OUTPUTS }, taker);
}
