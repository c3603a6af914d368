// One AdamW update of one parameter; the formulas stand in optimizer.ts.

import { defineKernel, numberAttr, required } from './heap.ts';

/** param, m, v, grad -> the next param, m, v. */
export const adamWKernel = defineKernel('AdamW', (heap, inputs, attrs) => {
  const infos = [required(inputs, 'param'), required(inputs, 'm'), required(inputs, 'v')] as const;
  const outputs = [
    heap.allocate(infos[0].shape),
    heap.allocate(infos[1].shape),
    heap.allocate(infos[2].shape),
  ] as const;
  const [param, m, v] = [heap.floats(infos[0]), heap.floats(infos[1]), heap.floats(infos[2])];
  const [nextParam, nextM, nextV] = [
    heap.floats(outputs[0]),
    heap.floats(outputs[1]),
    heap.floats(outputs[2]),
  ];
  const grads = heap.floats(required(inputs, 'grad'));
  const [beta1, beta2, eps] = [
    numberAttr(attrs, 'beta1'),
    numberAttr(attrs, 'beta2'),
    numberAttr(attrs, 'eps'),
  ];
  const [clip, shrink] = [numberAttr(attrs, 'clip'), numberAttr(attrs, 'shrink')];
  const [stepSize, rootCorrection2] = [numberAttr(attrs, 'stepSize'), numberAttr(attrs, 'rootCorrection2')];
  for (let i = 0; i < grads.length; i++) {
    const grad = (grads[i] ?? 0) * clip;
    const first = beta1 * (m[i] ?? 0) + (1 - beta1) * grad;
    const second = beta2 * (v[i] ?? 0) + (1 - beta2) * grad * grad;
    nextM[i] = first;
    nextV[i] = second;
    nextParam[i] =
      (param[i] ?? 0) * shrink - (stepSize * first) / (Math.sqrt(second) / rootCorrection2 + eps);
  }
  return [...outputs];
});

/** Σ x² in float64. Squares of large float32 values do not overflow, and small ones are not lost. */
export const sumSquaresKernel = defineKernel('SumSquares', (heap, inputs) => {
  const x = required(inputs, 'x');
  const output = heap.allocate([]);
  const values = heap.floats(x);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] ?? 0) ** 2;
  heap.floats(output)[0] = sum;
  return output;
});
