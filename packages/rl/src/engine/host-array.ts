// Numbers in ordinary memory with a shape: what goes into a program's step and comes out of it.

export interface HostArray {
  /** float32 or int32, as the array is. */
  readonly values: Float32Array | Int32Array;
  readonly shape: readonly number[];
}

/** float32 numbers; a plain list is a vector. */
export function floats(values: ArrayLike<number>, shape: readonly number[] = [values.length]): HostArray {
  return checked({ values: values instanceof Float32Array ? values : Float32Array.from(values), shape });
}

/** Whole numbers, such as token ids; a plain list is a vector. */
export function ints(values: ArrayLike<number>, shape: readonly number[] = [values.length]): HostArray {
  return checked({ values: values instanceof Int32Array ? values : Int32Array.from(values), shape });
}

function checked(array: HostArray): HostArray {
  const size = array.shape.reduce((product, length) => product * length, 1);
  if (size !== array.values.length) {
    throw new Error(`${array.values.length} numbers do not fill the shape [${array.shape.join(', ')}].`);
  }
  return array;
}
