/** Central differences of f at x, one coordinate after another. For float64 functions h = 1e-6 gives about 1e-9. */
export function finiteDifferences(f: (x: number[]) => number, x: readonly number[], h = 1e-6): number[] {
  return x.map((_, i) => {
    const at = (step: number) => f(x.map((value, j) => (i === j ? value + step : value)));
    return (at(h) - at(-h)) / (2 * h);
  });
}
