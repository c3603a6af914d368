// Rows of token ids as the arrays that a step of a model takes.

import { floats, ints, type HostArray } from '../engine/host-array.ts';
import { usualSize, type ShapeTaker } from '../engine/padded-size.ts';

/** Lengths are rounded up to this, so that few shapes occur. */
export const LENGTH_STEP = 8;

/** Padding to the usual shape may multiply a batch by so much: rows are few where something is only looked at. */
const MOST_ROWS = 4;
const MOST_TOKENS = 2;

/** A batch as inputs of a program's step. */
export interface TokenArrays {
  /** [B, T] int32, padded on the right; B may be more than there are rows. */
  readonly ids: HostArray;
  /** [B, T], 1 for real tokens. */
  readonly mask: HostArray;
  readonly T: number;
}

/** For a recorded step both sizes are padded, with rows that are all padding. */
export function rowArrays(
  rows: readonly (readonly number[])[],
  nPositions: number,
  engine: ShapeTaker,
): TokenArrays {
  const longest = rows.reduce((most, row) => Math.max(most, row.length), 0);
  if (longest > nPositions) {
    throw new Error(`A text of ${longest} tokens does not fit a model of ${nPositions} positions.`);
  }
  const { usual } = engine;
  const length = Math.ceil(longest / LENGTH_STEP) * LENGTH_STEP;
  const B = usualSize(rows.length, { usual: usual?.rows, most: MOST_ROWS }, engine);
  const T = Math.min(nPositions, usualSize(length, { usual: usual?.tokens, most: MOST_TOKENS }, engine));
  const ids = new Int32Array(B * T);
  const mask = new Float32Array(B * T);
  rows.forEach((row, b) => {
    ids.set(row, b * T);
    mask.fill(1, b * T, b * T + row.length);
  });
  return { ids: ints(ids, [B, T]), mask: floats(mask, [B, T]), T };
}

/** A list as long as a recorded step wants it, filled up with zeros. */
export function paddedFloats(values: readonly number[], size: number): HostArray {
  const padded = new Float32Array(size);
  padded.set(values);
  return floats(padded);
}

/** The same for whole numbers. */
export function paddedInts(values: readonly number[], size: number): HostArray {
  const padded = new Int32Array(size);
  padded.set(values);
  return ints(padded);
}
