// GPT-2's GELU and its gradient; the formulas stand in portable-ops.ts.

import { defineKernel, required } from './heap.ts';

/** x -> gelu(x), tanh(..) kept for the gradient. */
export const geluKernel = defineKernel('Gelu', (heap, inputs) => {
  const x = required(inputs, 'x');
  const outputs = [heap.allocate(x.shape), heap.allocate(x.shape)] as const;
  const values = heap.floats(x);
  heap.elementwise.gelu(values, heap.floats(outputs[0]), heap.floats(outputs[1]), 0, values.length);
  return [...outputs];
});

export const geluGradKernel = defineKernel('GeluGrad', (heap, inputs) => {
  const [dy, x, tanh] = [required(inputs, 'dy'), required(inputs, 'x'), required(inputs, 'tanh')];
  const output = heap.allocate(x.shape);
  const values = heap.floats(x);
  heap.elementwise.geluGrad(
    heap.floats(dy),
    values,
    heap.floats(tanh),
    heap.floats(output),
    0,
    values.length,
  );
  return output;
});
