// A wasm memory that a decoder works in.

import { elementwiseIn, type Elementwise } from '../engine/simd/elementwise.ts';
import { multiplyIn, type Multiply } from '../engine/simd/multiply.ts';

const PAGE_BYTES = 65_536;

export interface Arena {
  readonly memory: WebAssembly.Memory;
  readonly multiply: Multiply;
  readonly elementwise: Elementwise;
}

/** Memories are used again: each reserves gigabytes of address space until it is collected. */
const idleArenas: Arena[] = [];

/** Room for `floats` numbers; what they are is left from earlier use. */
export function takeArena(floats: number): Arena {
  const pages = Math.ceil((floats * 4) / PAGE_BYTES) + 1;
  const idle = idleArenas.pop();
  if (idle === undefined) {
    const memory = new WebAssembly.Memory({ initial: pages });
    return { memory, multiply: multiplyIn(memory), elementwise: elementwiseIn(memory) };
  }
  const missing = pages - idle.memory.buffer.byteLength / PAGE_BYTES;
  if (missing > 0) idle.memory.grow(missing);
  return idle;
}

/** The arena must not be used again by whoever had it. */
export function releaseArena(arena: Arena): void {
  idleArenas.push(arena);
}
