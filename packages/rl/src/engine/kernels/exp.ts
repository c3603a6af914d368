// exp for float32 results, several times faster than Math.exp.
//
//   x = k ln 2 + r, |r| <= ln 2 / 2;   exp(x) = 2^k · (1 + r + r²/2! + ... + r⁷/7!)
//
// The first term left out is below 0.347⁸/8! = 5e-9, under half a unit in the last place of a float32.

const LOG2_E = Math.LOG2E;
const LN_2 = Math.LN2;
const LOWEST = -150;
const HIGHEST = 128;
const POWERS_OF_TWO = Float64Array.from({ length: HIGHEST - LOWEST + 1 }, (_, i) => 2 ** (i + LOWEST));

export function fastExp(x: number): number {
  const k = Math.round(x * LOG2_E);
  if (k < LOWEST) return 0;
  // Too large for a float32, and where NaN ends up.
  if (!(k <= HIGHEST)) return Math.exp(x);
  const r = x - k * LN_2;
  const series =
    1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r / 5040))))));
  return series * (POWERS_OF_TWO[k - LOWEST] ?? 0);
}

/** tanh(x) = 1 - 2 / (exp(2x) + 1); absolute error below 1e-7. */
export function fastTanh(x: number): number {
  return 1 - 2 / (fastExp(2 * x) + 1);
}
