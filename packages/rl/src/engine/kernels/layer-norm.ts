// Layer norm and its gradient; the formulas stand in portable-ops.ts.

import { defineKernel, numberAttr, required } from './heap.ts';

/** x [N, D], gain [D], bias [D] -> y [N, D], mean [N], inverseStd [N]. */
export const layerNormKernel = defineKernel('LayerNorm', (heap, inputs, attrs) => {
  const [x, gain, bias] = [required(inputs, 'x'), required(inputs, 'gain'), required(inputs, 'bias')];
  const eps = numberAttr(attrs, 'eps');
  const D = x.shape.at(-1) ?? 1;
  const rows = x.shape.slice(0, -1);
  const outputs = [heap.allocate(x.shape), heap.allocate(rows), heap.allocate(rows)] as const;
  const [y, means, inverseStds] = [heap.floats(outputs[0]), heap.floats(outputs[1]), heap.floats(outputs[2])];
  const [xs, g, b] = [heap.floats(x), heap.floats(gain), heap.floats(bias)];
  for (let row = 0; row < means.length; row++) {
    const { mean, inverseStd } = normaliseRow(xs, y, row * D, { gain: g, bias: b, eps });
    means[row] = mean;
    inverseStds[row] = inverseStd;
  }
  return [...outputs];
});

/** Layer norm of the row of `x` that starts at `at`, written to the same place of `y`. */
function normaliseRow(
  x: Float32Array,
  y: Float32Array,
  at: number,
  { gain, bias, eps }: { readonly gain: Float32Array; readonly bias: Float32Array; readonly eps: number },
): { readonly mean: number; readonly inverseStd: number } {
  const D = gain.length;
  let sum = 0;
  for (let d = 0; d < D; d++) sum += x[at + d] ?? 0;
  const mean = sum / D;
  let squares = 0;
  for (let d = 0; d < D; d++) squares += ((x[at + d] ?? 0) - mean) ** 2;
  const inverseStd = 1 / Math.sqrt(squares / D + eps);
  for (let d = 0; d < D; d++) {
    y[at + d] = ((x[at + d] ?? 0) - mean) * inverseStd * (gain[d] ?? 0) + (bias[d] ?? 0);
  }
  return { mean, inverseStd };
}

/** dy, x [N, D], mean, inverseStd [N], gain [D] -> dx [N, D], dGain [D], dBias [D]. */
export const layerNormGradKernel = defineKernel('LayerNormGrad', (heap, inputs) => {
  const [dyIn, x, gain] = [required(inputs, 'dy'), required(inputs, 'x'), required(inputs, 'gain')];
  const [mean, inverseStd] = [required(inputs, 'mean'), required(inputs, 'inverseStd')];
  const D = x.shape.at(-1) ?? 1;
  const outputs = [heap.allocate(x.shape), heap.allocate([D]), heap.allocate([D])] as const;
  const [dx, dGain, dBias] = [heap.floats(outputs[0]), heap.floats(outputs[1]), heap.floats(outputs[2])];
  const [dy, xs, g] = [heap.floats(dyIn), heap.floats(x), heap.floats(gain)];
  const [means, inverseStds] = [heap.floats(mean), heap.floats(inverseStd)];
  dGain.fill(0);
  dBias.fill(0);
  for (let row = 0; row < means.length; row++) {
    const at = row * D;
    const mu = means[row] ?? 0;
    const rStd = inverseStds[row] ?? 0;
    let sum = 0; // Σ dx̂
    let projection = 0; // Σ dx̂ · x̂
    for (let d = 0; d < D; d++) {
      const xHat = ((xs[at + d] ?? 0) - mu) * rStd;
      const dyHere = dy[at + d] ?? 0;
      const dxHat = dyHere * (g[d] ?? 0);
      sum += dxHat;
      projection += dxHat * xHat;
      dGain[d] = (dGain[d] ?? 0) + dyHere * xHat;
      dBias[d] = (dBias[d] ?? 0) + dyHere;
    }
    sum /= D;
    projection /= D;
    for (let d = 0; d < D; d++) {
      const xHat = ((xs[at + d] ?? 0) - mu) * rStd;
      dx[at + d] = ((dy[at + d] ?? 0) * (g[d] ?? 0) - sum - xHat * projection) * rStd;
    }
  }
  return [...outputs];
});
