// Matrix products of rank 2, with and without a bias, and what their gradients need.

import { defineKernel, required } from './heap.ts';

/** x [N, K], weight [K, M], bias [M] -> [N, M]. TF.js's own fused matMul is wrong on wasm for K above 48. */
export const linearKernel = defineKernel('Linear', (heap, inputs) => {
  const [x, weight, bias] = [required(inputs, 'x'), required(inputs, 'weight'), required(inputs, 'bias')];
  const [N, K, M] = [x.shape[0] ?? 0, x.shape[1] ?? 0, weight.shape[1] ?? 0];
  const output = heap.allocate([N, M]);
  const [y, xs, w, b] = [heap.floats(output), heap.floats(x), heap.floats(weight), heap.floats(bias)];
  for (let row = 0; row < y.length; row += M) y.set(b, row);
  heap.multiply(
    { M: N, N: M, K },
    { values: xs, at: 0, stride: K },
    { values: w, at: 0, stride: M },
    { values: y, at: 0, stride: M },
    'add',
  );
  return output;
});

/** a [M, K] · b [K, N], or, with attribute transposeA, a [K, M] read transposed. */
export const productKernel = defineKernel('Product', (heap, inputs, attrs) => {
  const [a, b] = [required(inputs, 'a'), required(inputs, 'b')];
  const isTransposed = attrs['transposeA'] === true;
  const [rows, columns] = [a.shape[0] ?? 0, a.shape[1] ?? 0];
  const [M, K] = isTransposed ? [columns, rows] : [rows, columns];
  const N = b.shape[1] ?? 0;
  if (b.shape[0] !== K)
    throw new Error(`Cannot multiply [${a.shape.join(', ')}] by [${b.shape.join(', ')}].`);
  const output = heap.allocate([M, N]);
  heap.multiply(
    { M, N, K },
    { values: heap.floats(a), at: 0, stride: columns, transposed: isTransposed },
    { values: heap.floats(b), at: 0, stride: N },
    { values: heap.floats(output), at: 0, stride: N },
    'set',
  );
  return output;
});

/** dy [N, M] -> Σ over rows [M]. */
export const sumRowsKernel = defineKernel('SumRows', (heap, inputs) => {
  const dy = required(inputs, 'dy');
  const M = dy.shape.at(-1) ?? 1;
  const output = heap.allocate([M]);
  const [from, sums] = [heap.floats(dy), heap.floats(output)];
  sums.fill(0);
  for (let row = 0; row < from.length; row += M) {
    for (let m = 0; m < M; m++) sums[m] = (sums[m] ?? 0) + (from[row + m] ?? 0);
  }
  return output;
});
