import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assembleModule, f32x4, get, I32, i32, instantiate, Locals, type Code } from './assembler.ts';
import { multiplyAdd, roundedTwice, type MultiplyAdd } from './multiply-add.ts';

const memory = new WebAssembly.Memory({ initial: 1 });
const heap = new Float32Array(memory.buffer);

/** a · b + c of the three vectors at an address, written behind them. */
function compile(form: MultiplyAdd): (address: number) => number {
  const locals = new Locals();
  const at = locals.add(I32);
  const vector = (index: number): Code => f32x4.load(get(at), 16 * index);
  const body = f32x4.store(i32.add(get(at), i32.const(48)), form(vector(0), vector(1), vector(2)));
  return instantiate(assembleModule([I32], locals, body), memory);
}

const float = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });
const vectors = fc.array(float, { minLength: 12, maxLength: 12 });

describe('a product and a sum in one', () => {
  it.each<[string, MultiplyAdd, boolean]>([
    ['rounds twice where every machine has to agree', roundedTwice, false],
    ['rounds once or twice elsewhere', multiplyAdd, true],
  ])('%s', (_what, form, mayRoundOnce) => {
    const run = compile(form);
    fc.assert(
      fc.property(vectors, (values) => {
        heap.set(values);
        run(0);
        for (let lane = 0; lane < 4; lane++) {
          const [a = 0, b = 0, c = 0] = [values[lane], values[4 + lane], values[8 + lane]];
          const actual = heap[12 + lane] ?? NaN;
          const twice = Math.fround(Math.fround(a * b) + c);
          // A product of two floats is exact in float64; the sum there is off by far less than a float's last bit.
          const lastBit = mayRoundOnce ? Math.abs(a * b + c) * 2 ** -23 + 2 ** -149 : 0;
          const least = Math.min(Math.abs(actual - twice), Math.abs(actual - (a * b + c)) - lastBit);
          expect(least).toBeLessThanOrEqual(0);
        }
      }),
    );
  });
});
