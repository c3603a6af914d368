// A very small WebAssembly assembler: enough to write a few SIMD loops without a compiler in the build.
//
// Code is a list of bytes. An expression leaves one value on the stack, a statement none. Addresses are bytes.

export type Code = readonly number[];

export const I32 = 0x7f;
export const F32 = 0x7d;
export const V128 = 0x7b;
const EMPTY_BLOCK = 0x40;

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

/** Signed LEB128. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

const binary =
  (...opcode: number[]) =>
  (a: Code, b: Code): Code => [...a, ...b, ...opcode];
const unary =
  (...opcode: number[]) =>
  (a: Code): Code => [...a, ...opcode];
/** Natural alignment is a hint only; 4 bytes is what rows have. */
const memory =
  (...opcode: number[]) =>
  (address: Code, offset = 0): Code => [...address, ...opcode, 2, ...unsigned(offset)];
const memoryWrite =
  (...opcode: number[]) =>
  (address: Code, value: Code, offset = 0): Code => [...address, ...value, ...opcode, 2, ...unsigned(offset)];
const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  lessThan: binary(0x48),
  atLeast: binary(0x4e),
  greaterThan: binary(0x4a),
};

export const f32 = {
  const: (value: number): Code => [0x43, ...new Uint8Array(Float32Array.of(value).buffer)],
  add: binary(0x92),
  sub: binary(0x93),
  mul: binary(0x94),
  div: binary(0x95),
  max: binary(0x97),
  sqrt: unary(0x91),
  fromInt: unary(0xb2),
  load: memory(0x2a),
  store: memoryWrite(0x38),
};

export const f32x4 = {
  load: memory(...simd(0x00)),
  loadSplat: memory(...simd(0x09)),
  store: memoryWrite(...simd(0x0b)),
  splat: unary(...simd(0x13)),
  /** The same number in all lanes. */
  const: (value: number): Code => [...f32.const(value), ...simd(0x13)],
  lane: (vector: Code, lane: number): Code => [...vector, ...simd(0x1f), lane],
  nearest: unary(...simd(0x6a)),
  add: binary(...simd(0xe4)),
  sub: binary(...simd(0xe5)),
  mul: binary(...simd(0xe6)),
  div: binary(...simd(0xe7)),
  min: binary(...simd(0xe8)),
  max: binary(...simd(0xe9)),
  /** a · b + c, rounded once or twice as the processor likes (relaxed SIMD). */
  relaxedMultiplyAdd: (a: Code, b: Code, c: Code): Code => [...a, ...b, ...c, ...simd(0x105)],
};

export const i32x4 = {
  const: (value: number): Code => [...i32.const(value), ...simd(0x11)],
  add: binary(...simd(0xae)),
  /** Lanes shifted left by a number. */
  shiftLeft: binary(...simd(0xab)),
  /** From floats, towards 0; NaN becomes 0. */
  truncate: unary(...simd(0xf8)),
};

/** Repeats `body` while `condition` holds before it. */
export function whileLoop(condition: Code, body: Code): Code {
  const leaveUnless = [...condition, 0x45, 0x0d, 1];
  return [0x02, EMPTY_BLOCK, 0x03, EMPTY_BLOCK, ...leaveUnless, ...body, 0x0c, 0, 0x0b, 0x0b];
}

export function ifElse(condition: Code, then: Code, otherwise: Code): Code {
  return [...condition, 0x04, EMPTY_BLOCK, ...then, 0x05, ...otherwise, 0x0b];
}

/** A function's locals: parameters first, further ones as they are asked for. */
export class Locals {
  readonly #types: number[] = [];

  readonly add = (type: number): number => this.#types.push(type) - 1;

  get types(): readonly number[] {
    return this.#types;
  }
}

const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];
const text = (value: string): Code => [...unsigned(value.length), ...Buffer.from(value, 'latin1')];

/**
 * The bytes of a module with one function, exported as "run", over the imported memory "env.memory". With a result,
 * the body leaves it on the stack.
 */
export function assembleModule(
  paramTypes: readonly number[],
  locals: Locals,
  body: Code,
  result?: number,
): Uint8Array<ArrayBuffer> {
  const extra = locals.types.slice(paramTypes.length);
  const declarations = [...unsigned(extra.length), ...extra.flatMap((type) => [1, type])];
  const code = [...declarations, ...body, 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [
      1,
      0x60,
      ...unsigned(paramTypes.length),
      ...paramTypes,
      ...(result === undefined ? [0] : [1, result]),
    ]),
    ...section(2, [1, ...text('env'), ...text('memory'), 0x02, 0x00, 0x01]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text('run'), 0x00, 0]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
}

/** A module's function, over `memory`. Its arguments and result are numbers. */
export function instantiate(
  bytes: Uint8Array<ArrayBuffer>,
  memory: WebAssembly.Memory,
): (...args: number[]) => number {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const run = instance.exports['run'];
  if (typeof run !== 'function') throw new Error('the module has no function');
  // A wasm export whose signature assembleModule has made of numbers.
  return run as (...args: number[]) => number;
}
