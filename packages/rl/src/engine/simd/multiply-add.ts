// a · b + c, in one instruction where the processor and V8 have one.

import { setFlagsFromString } from 'node:v8';
import { assembleModule, f32x4, get, I32, Locals, set, V128, type Code } from './assembler.ts';

export type MultiplyAdd = (a: Code, b: Code, c: Code) => Code;

/** Rounded after the product and after the sum: the same bits everywhere. */
export const roundedTwice: MultiplyAdd = (a, b, c) => f32x4.add(c, f32x4.mul(a, b));

/**
 * In one instruction where there is one (relaxed SIMD on a processor with FMA). The result is the nearer one, and not
 * the same bits as elsewhere: for decoding, which is a tenth faster by it, and not for training steps, whose traces can
 * be compared between machines.
 */
export const multiplyAdd: MultiplyAdd = (a, b, c) =>
  hasRelaxedSimd() ? f32x4.relaxedMultiplyAdd(a, b, c) : roundedTwice(a, b, c);

let isKnown: boolean | null = null;

/** Node has it from version 22 on; version 20 has the same instructions behind a flag. */
function hasRelaxedSimd(): boolean {
  if (isKnown !== null) return isKnown;
  isKnown = isValid();
  if (!isKnown) {
    setFlagsFromString('--experimental-wasm-relaxed-simd');
    isKnown = isValid();
  }
  return isKnown;
}

function isValid(): boolean {
  const locals = new Locals();
  locals.add(I32);
  const zero = locals.add(V128);
  const body = set(zero, f32x4.relaxedMultiplyAdd(get(zero), get(zero), get(zero)));
  return WebAssembly.validate(assembleModule([I32], locals, body));
}
