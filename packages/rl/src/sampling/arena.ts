// A wasm memory that a decoder works in.

import { attendIn, type Attend } from '../engine/simd/attend.ts';
import { elementwiseIn, type Elementwise } from '../engine/simd/elementwise.ts';
import { normaliseIn, type Normalise } from '../engine/simd/normalise.ts';
import { packedProductIn, type PackedProduct } from '../engine/simd/packed-product.ts';

const PAGE_BYTES = 65_536;
/** Views begin where a line of the processor's caches does. */
const ALIGNED_FLOATS = 16;

export interface Arena {
  readonly memory: WebAssembly.Memory;
  readonly multiply: PackedProduct;
  readonly attend: Attend;
  readonly normalise: Normalise;
  readonly elementwise: Elementwise;
}

/** Memories are used again: each reserves gigabytes of address space until it is collected. */
const idleArenas: Arena[] = [];

/** Room for views of these sizes; what they hold is left from earlier use. */
export function takeArena(sizes: readonly number[]): Arena {
  const floats = sizes.reduce((sum, size) => sum + aligned(size), 0);
  const pages = Math.ceil((floats * 4) / PAGE_BYTES) + 1;
  const idle = idleArenas.pop();
  if (idle === undefined) {
    const memory = new WebAssembly.Memory({ initial: pages });
    return {
      memory,
      multiply: packedProductIn(memory),
      attend: attendIn(memory),
      normalise: normaliseIn(memory),
      elementwise: elementwiseIn(memory),
    };
  }
  const missing = pages - idle.memory.buffer.byteLength / PAGE_BYTES;
  if (missing > 0) idle.memory.grow(missing);
  return idle;
}

/** Gives views of the memory, one after another, of the sizes that it was taken for. */
export function viewsOf({ memory }: Arena): (size: number) => Float32Array {
  let used = 0;
  return (size) => {
    const view = new Float32Array(memory.buffer, used * 4, size);
    used += aligned(size);
    return view;
  };
}

/** The arena must not be used again by whoever had it. */
export function releaseArena(arena: Arena): void {
  idleArenas.push(arena);
}

function aligned(size: number): number {
  return Math.ceil(size / ALIGNED_FLOATS) * ALIGNED_FLOATS;
}
