// Causal self-attention over padded rows, all heads in one pass, and its gradient.
//
//   s[t, u] = q[t]·k[u] / √hd  for u <= t and real u;   p = softmax(s);   out[t] = Σ p[t, u] v[u]
//
// qkv [B·T, 3·D] holds q, k and v of every head side by side, as GPT-2's c_attn gives them. Products are made in blocks
// of queries, so that about half of what the causal mask hides is not computed. A query at padding on the left sees no
// key: its output is 0.

import { fastExp } from './exp.ts';
import { defineKernel, numberAttr, required, type Heap, type Matrix } from './heap.ts';

/** Queries per block. */
const BLOCK = 16;

/** qkv [B·T, 3·D], mask [B, T] -> out [B·T, D], probs [B, H, T, T]. */
export const attentionKernel = defineKernel('Attention', (heap, inputs, attrs) => {
  const [qkvIn, maskIn] = [required(inputs, 'qkv'), required(inputs, 'mask')];
  const H = numberAttr(attrs, 'heads');
  const [B, T] = [maskIn.shape[0] ?? 0, maskIn.shape[1] ?? 0];
  const D = (qkvIn.shape[1] ?? 0) / 3;
  const hd = D / H;
  const outputs = [heap.allocate([B * T, D]), heap.allocate([B, H, T, T])] as const;
  const scratch = heap.allocate([hd, T]);
  const [out, probs, keysT] = [heap.floats(outputs[0]), heap.floats(outputs[1]), heap.floats(scratch)];
  const [qkv, mask] = [heap.floats(qkvIn), heap.floats(maskIn)];
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < H; h++) {
      const q = b * T * 3 * D + h * hd;
      const [k, v] = [q + D, q + 2 * D];
      const p = (b * H + h) * T * T;
      transposeInto(keysT, qkv, k, 3 * D, T, hd);
      const keys: Matrix = { values: keysT, at: 0, stride: T };
      for (let t = 0; t < T; t += BLOCK) {
        const M = Math.min(BLOCK, T - t);
        const queries: Matrix = { values: qkv, at: q + t * 3 * D, stride: 3 * D };
        const weights: Matrix = { values: probs, at: p + t * T, stride: T };
        heap.multiply({ M, N: t + M, K: hd }, queries, keys, weights, 'set');
        for (let i = t; i < t + M; i++) softmaxRow(probs, p + i * T, i, T, mask, b * T, 1 / Math.sqrt(hd));
        const values: Matrix = { values: qkv, at: v, stride: 3 * D };
        const mixed: Matrix = { values: out, at: (b * T + t) * D + h * hd, stride: D };
        heap.multiply({ M, N: hd, K: t + M }, weights, values, mixed, 'set');
      }
    }
  }
  heap.free(scratch);
  return [...outputs];
});

/** Scores of query t in place: scaled, masked, normalised; 0 where nothing is visible. */
function softmaxRow(
  scores: Float32Array,
  row: number,
  t: number,
  T: number,
  mask: Float32Array,
  maskRow: number,
  scale: number,
): void {
  let max = -Infinity;
  for (let u = 0; u <= t; u++) {
    if (mask[maskRow + u] !== 0) max = Math.max(max, scores[row + u] ?? 0);
  }
  let sum = 0;
  for (let u = 0; u <= t; u++) {
    const weight = mask[maskRow + u] === 0 ? 0 : fastExp(((scores[row + u] ?? 0) - max) * scale);
    scores[row + u] = weight;
    sum += weight;
  }
  const normaliser = sum === 0 ? 0 : 1 / sum;
  for (let u = 0; u <= t; u++) scores[row + u] = (scores[row + u] ?? 0) * normaliser;
  scores.fill(0, row + t + 1, row + T);
}

/**
 * dOut [B·T, D], qkv, probs -> dQkv [B·T, 3·D]:
 *   dp[t, u] = dOut[t]·v[u];   ds = p (dp - Σ_u p dp) / √hd;   dq[t] = Σ_u ds k[u];   dk[u] = Σ_t ds q[t];
 *   dv[u] = Σ_t p dOut[t]
 */
export const attentionGradKernel = defineKernel('AttentionGrad', (heap, inputs) => {
  const [dyIn, qkvIn, probsIn] = [required(inputs, 'dy'), required(inputs, 'qkv'), required(inputs, 'probs')];
  const [B, H, T] = [probsIn.shape[0] ?? 0, probsIn.shape[1] ?? 0, probsIn.shape[2] ?? 0];
  const D = dyIn.shape[1] ?? 0;
  const output = heap.allocate(qkvIn.shape);
  const scratch = [heap.allocate([D / H, T]), heap.allocate([T, T])] as const;
  const views: GradViews = {
    dQkv: heap.floats(output),
    dy: heap.floats(dyIn),
    qkv: heap.floats(qkvIn),
    probs: heap.floats(probsIn),
    valuesT: heap.floats(scratch[0]),
    dScores: heap.floats(scratch[1]),
  };
  for (let b = 0; b < B; b++) for (let h = 0; h < H; h++) headGradient(heap, views, { b, h, H, T, D });
  scratch.forEach((info) => heap.free(info));
  return output;
});

interface GradViews {
  readonly dQkv: Float32Array;
  readonly dy: Float32Array;
  readonly qkv: Float32Array;
  readonly probs: Float32Array;
  readonly valuesT: Float32Array;
  readonly dScores: Float32Array;
}

function headGradient(
  heap: Heap,
  { dQkv, dy, qkv, probs, valuesT, dScores }: GradViews,
  { b, h, H, T, D }: { b: number; h: number; H: number; T: number; D: number },
): void {
  const hd = D / H;
  const q = b * T * 3 * D + h * hd;
  const [k, v] = [q + D, q + 2 * D];
  const p = (b * H + h) * T * T;
  const dOut = b * T * D + h * hd;
  const inQkv = (values: Float32Array, at: number): Matrix => ({ values, at, stride: 3 * D });
  transposeInto(valuesT, qkv, v, 3 * D, T, hd);
  for (let t = 0; t < T; t += BLOCK) {
    const M = Math.min(BLOCK, T - t);
    const ds: Matrix = { values: dScores, at: t * T, stride: T };
    const dOuts: Matrix = { values: dy, at: dOut + t * D, stride: D };
    heap.multiply({ M, N: t + M, K: hd }, dOuts, { values: valuesT, at: 0, stride: T }, ds, 'set');
    for (let i = t; i < t + M; i++)
      softmaxGradRow(dScores, i * T, probs, p + i * T, i, t + M, 1 / Math.sqrt(hd));
    heap.multiply({ M, N: hd, K: t + M }, ds, inQkv(qkv, k), inQkv(dQkv, q + t * 3 * D), 'set');
  }
  // Of the keys from u on, only the queries from u on have anything to say.
  for (let u = 0; u < T; u += BLOCK) {
    const sizes = { M: Math.min(BLOCK, T - u), N: hd, K: T - u };
    const ds: Matrix = { values: dScores, at: u * T + u, stride: T, transposed: true };
    const ps: Matrix = { values: probs, at: p + u * T + u, stride: T, transposed: true };
    const dOuts: Matrix = { values: dy, at: dOut + u * D, stride: D };
    heap.multiply(sizes, ds, inQkv(qkv, q + u * 3 * D), inQkv(dQkv, k + u * 3 * D), 'set');
    heap.multiply(sizes, ps, dOuts, inQkv(dQkv, v + u * 3 * D), 'set');
  }
}

/** dp of query t -> ds, in place; 0 from t + 1 up to `end`. */
function softmaxGradRow(
  dScores: Float32Array,
  row: number,
  probs: Float32Array,
  p: number,
  t: number,
  end: number,
  scale: number,
): void {
  let weighted = 0;
  for (let u = 0; u <= t; u++) weighted += (probs[p + u] ?? 0) * (dScores[row + u] ?? 0);
  for (let u = 0; u <= t; u++) {
    dScores[row + u] = (probs[p + u] ?? 0) * ((dScores[row + u] ?? 0) - weighted) * scale;
  }
  dScores.fill(0, row + t + 1, row + end);
}

/** to [columns, rows] = the transposed of a [rows, columns] part of `from`. */
function transposeInto(
  to: Float32Array,
  from: Float32Array,
  at: number,
  stride: number,
  rows: number,
  columns: number,
): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      to[column * rows + row] = from[at + row * stride + column] ?? 0;
    }
  }
}
