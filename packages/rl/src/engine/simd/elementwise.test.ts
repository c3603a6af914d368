import { describe, expect, it } from 'vitest';
import { elementwiseIn, elementwisePlainly } from './elementwise.ts';

const memory = new WebAssembly.Memory({ initial: 4 });
const simd = elementwiseIn(memory);
const LENGTH = 4001;
const view = (index: number): Float32Array => new Float32Array(memory.buffer, index * 20_000, LENGTH);
/** From -100 to 100, dense around 0, and not a multiple of four. */
const INPUT = Float32Array.from({ length: LENGTH }, (_, i) => ((i - 2000) / 2000) ** 3 * 100);

function worst(
  actual: Float32Array,
  expected: (i: number) => number,
  scale: (value: number) => number,
): number {
  let largest = 0;
  for (let i = 1; i < LENGTH; i++) {
    const value = expected(i);
    largest = Math.max(largest, Math.abs((actual[i] ?? NaN) - value) / scale(value));
  }
  return largest;
}
const relative = (value: number): number => Math.max(Math.abs(value), 1e-30);
const absolute = (value: number): number => Math.max(1, Math.abs(value));
const gelu = (x: number): number =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

describe.each([
  ['SIMD', simd],
  ['plain', elementwisePlainly],
] as const)('the elementwise formulas, %s', (_name, formulas) => {
  it('exp is right to a few units in the last place of a float32', () => {
    const [z, y] = [view(0), view(1)];
    z.set(INPUT.map((value) => Math.max(-80, Math.min(80, value))));
    formulas.scaledExp(z, y, 0.5, 2, 1, LENGTH);
    expect(worst(y, (i) => 2 * Math.exp((z[i] ?? 0) - 0.5), relative)).toBeLessThan(6e-6);
    const shifted = z.map((value) => value - 80);
    z.set(shifted);
    const expected = shifted.slice(1).reduce((sum, value) => sum + Math.exp(value), 0);
    expect(formulas.sumExp(z, 0, 1, LENGTH)).toBeCloseTo(expected, 3);
  });

  it('exp of what is far below, or no number, is 0 and no number', () => {
    const [z, y] = [view(0), view(1)];
    z.set([-1e9, -Infinity, NaN, 0]);
    formulas.scaledExp(z, y, 0, 1, 0, 4);
    expect(y[0]).toBeLessThan(1e-37);
    expect(y[1]).toBeLessThan(1e-37);
    expect(y[2]).toBeNaN();
    expect(y[3]).toBe(1);
  });

  it('GELU and its gradient are right', () => {
    const [x, y, tanh, dy, dx] = [view(0), view(1), view(2), view(3), view(4)];
    x.set(INPUT);
    dy.fill(1);
    formulas.gelu(x, y, tanh, 1, LENGTH);
    expect(worst(y, (i) => gelu(x[i] ?? 0), absolute)).toBeLessThan(5e-7);
    formulas.geluGrad(dy, x, tanh, dx, 1, LENGTH);
    const slope = (i: number): number => (gelu((x[i] ?? 0) + 1e-5) - gelu((x[i] ?? 0) - 1e-5)) / 2e-5;
    expect(worst(dx, slope, absolute)).toBeLessThan(5e-6);
  });

  it('touches nothing outside the range', () => {
    const [z, y] = [view(0), view(1)];
    y.fill(7);
    formulas.scaledExp(z, y, 0, 1, 10, 21);
    expect([y[9], y[21]]).toEqual([7, 7]);
  });
});
