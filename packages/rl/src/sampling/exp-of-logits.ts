// exp of a row of logits with SIMD, in a small memory of its own: in plain code it was most of what drawing a token took.

import { elementwiseIn, type Elementwise } from '../engine/simd/elementwise.ts';

const PAGE_BYTES = 65_536;

interface Room {
  readonly memory: WebAssembly.Memory;
  readonly elementwise: Elementwise;
  readonly exponents: Float32Array;
  readonly results: Float32Array;
}

/** From call to call, for one length of rows. */
let room: Room | undefined;

/** exp((z - shift) / temperature) for every logit z; valid until the next call. Of -87 and less it is about 1e-38, not 0. */
export function expOfLogits(logits: Float32Array, shift: number, temperature: number): Float32Array {
  room = room?.exponents.length === logits.length ? room : roomFor(logits.length, room);
  const { elementwise, exponents, results } = room;
  if (temperature === 1) {
    exponents.set(logits);
    elementwise.scaledExp(exponents, results, shift, 1, 0, logits.length);
  } else {
    for (let i = 0; i < logits.length; i++) exponents[i] = ((logits[i] ?? 0) - shift) / temperature;
    elementwise.scaledExp(exponents, results, 0, 1, 0, logits.length);
  }
  return results;
}

function roomFor(size: number, before: Room | undefined): Room {
  const pages = Math.ceil((8 * size) / PAGE_BYTES);
  const memory = before?.memory ?? new WebAssembly.Memory({ initial: pages });
  const missing = pages - memory.buffer.byteLength / PAGE_BYTES;
  if (missing > 0) memory.grow(missing);
  return {
    memory,
    elementwise: before?.elementwise ?? elementwiseIn(memory),
    exponents: new Float32Array(memory.buffer, 0, size),
    results: new Float32Array(memory.buffer, 4 * size, size),
  };
}
