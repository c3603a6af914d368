// What a family says of each of its tensors.

export interface TensorSpec {
  /** As in the file. */
  readonly shape: readonly number[];
  /**
   * A PyTorch Linear is stored as [out, in]. In memory it is [in, out], the layout of GPT-2's Conv1D, so that a
   * forward pass multiplies without transposing.
   */
  readonly isLinear: boolean;
  /** How fresh weights begin: at a constant, or normal with mean 0 and this standard deviation. */
  readonly initial: { readonly constant: number } | { readonly std: number };
}

export function memoryShape({ shape, isLinear }: TensorSpec): readonly number[] {
  return isLinear ? shape.toReversed() : shape;
}

/** values [rows, columns] -> [columns, rows]. */
export function transposed(values: Float32Array, [rows = 0, columns = 0]: readonly number[]): Float32Array {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[column * rows + row] = values[row * columns + column] ?? 0;
    }
  }
  return result;
}
