// The floating-point formats that weights are stored in, as float32.

const BYTES_PER_FLOAT = { F64: 8, F32: 4, F16: 2, BF16: 2 } as const;
export type FloatDtype = keyof typeof BYTES_PER_FLOAT;

/** Of integers too, so that a file's layout can be checked whatever it holds. */
const BYTES_PER_VALUE: ReadonlyMap<string, number> = new Map([
  ...Object.entries(BYTES_PER_FLOAT),
  ...(['I64', 'U64'] as const).map((name) => [name, 8] as const),
  ...(['I32', 'U32'] as const).map((name) => [name, 4] as const),
  ...(['I16', 'U16'] as const).map((name) => [name, 2] as const),
  ...(['I8', 'U8', 'BOOL', 'F8_E4M3', 'F8_E5M2'] as const).map((name) => [name, 1] as const),
]);

export function isFloatDtype(dtype: string): dtype is FloatDtype {
  return Object.hasOwn(BYTES_PER_FLOAT, dtype);
}

/** Undefined for a format that this code has never heard of. */
export function bytesPerValue(dtype: string): number | undefined {
  return BYTES_PER_VALUE.get(dtype);
}

/** `bytes` hold values of `dtype`, little-endian as every machine that Node runs TF.js on; they go to `to` from `at`. */
export function decodeFloats(bytes: Uint8Array, dtype: FloatDtype, to: Float32Array, at: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.byteLength / BYTES_PER_FLOAT[dtype];
  const bits = new Uint32Array(to.buffer, to.byteOffset, to.length);
  for (let i = 0; i < count; i++) {
    switch (dtype) {
      case 'F64':
        to[at + i] = view.getFloat64(i * 8, true);
        break;
      case 'F32':
        bits[at + i] = view.getUint32(i * 4, true);
        break;
      case 'BF16':
        // The upper half of a float32.
        bits[at + i] = view.getUint16(i * 2, true) << 16;
        break;
      case 'F16':
        to[at + i] = halfToNumber(view.getUint16(i * 2, true));
        break;
    }
  }
}

/** IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
