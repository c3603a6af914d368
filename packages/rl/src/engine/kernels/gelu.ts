// GPT-2's GELU and its gradient; the formulas stand in portable-ops.ts.

import { fastTanh } from './exp.ts';
import { defineKernel, required } from './heap.ts';

const SCALE = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/** tanh(√(2/π) · (x + 0.044715 x³)); gelu(x) = x/2 · (1 + it). */
export function geluTanh(x: number): number {
  return fastTanh(SCALE * (x + CUBIC * x * x * x));
}

/** x -> gelu(x), tanh(..) kept for the gradient. */
export const geluKernel = defineKernel('Gelu', (heap, inputs) => {
  const x = required(inputs, 'x');
  const outputs = [heap.allocate(x.shape), heap.allocate(x.shape)] as const;
  const [y, tanhs, xs] = [heap.floats(outputs[0]), heap.floats(outputs[1]), heap.floats(x)];
  for (let i = 0; i < xs.length; i++) {
    const value = xs[i] ?? 0;
    const t = geluTanh(value);
    tanhs[i] = t;
    y[i] = 0.5 * value * (1 + t);
  }
  return [...outputs];
});

export const geluGradKernel = defineKernel('GeluGrad', (heap, inputs) => {
  const [dyIn, x, tanh] = [required(inputs, 'dy'), required(inputs, 'x'), required(inputs, 'tanh')];
  const output = heap.allocate(x.shape);
  const [dx, dy, xs, tanhs] = [heap.floats(output), heap.floats(dyIn), heap.floats(x), heap.floats(tanh)];
  for (let i = 0; i < xs.length; i++) {
    const value = xs[i] ?? 0;
    const t = tanhs[i] ?? 0;
    const slope = 0.5 * value * (1 - t * t) * SCALE * (1 + 3 * CUBIC * value * value);
    dx[i] = (dy[i] ?? 0) * (0.5 * (1 + t) + slope);
  }
  return output;
});
