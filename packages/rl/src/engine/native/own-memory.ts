// Keeps the memory of TensorFlow and of JavaScript apart.
//
// Where the values of a new tensor happen to lie at an address that is aligned for vector instructions, TensorFlow does
// not copy them: the tensor is the typed array's own memory, and the addon gives the array back to V8 on whichever
// thread lets go of the tensor last. For a weight in a session that is a thread of TensorFlow, and two of them at once
// when a step writes several weights. V8 allows that on one thread only: its tables of handles are damaged, and the
// process dies later, at a place that has nothing to do with it. At any other address TensorFlow copies at once.

/** TensorFlow asks for multiples of 16 to 64, and every memory block begins at a multiple of 8. */
const UNALIGNED_BYTES = 4;

type CreateTensor = (shape: unknown, dtype: unknown, values: unknown) => unknown;

/** The addon's `createTensor`, made to copy always. Strings come as a list of arrays; they are copied anyway. */
export function withOwnMemory(createTensor: CreateTensor): CreateTensor {
  return (shape, dtype, values) => createTensor(shape, dtype, unaligned(values));
}

function unaligned(values: unknown): unknown {
  const isNumbers =
    values instanceof Float32Array || values instanceof Int32Array || values instanceof Uint8Array;
  if (!isNumbers) return values;
  const { length } = values;
  const memory = new ArrayBuffer(UNALIGNED_BYTES + values.byteLength);
  const copy =
    values instanceof Float32Array
      ? new Float32Array(memory, UNALIGNED_BYTES, length)
      : values instanceof Int32Array
        ? new Int32Array(memory, UNALIGNED_BYTES, length)
        : new Uint8Array(memory, UNALIGNED_BYTES, length);
  copy.set(values);
  return copy;
}
