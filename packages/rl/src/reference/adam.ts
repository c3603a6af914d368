// Adam in float64.

export interface AdamSettings {
  readonly learningRate: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly eps?: number;
  readonly weightDecay?: number;
  /** Largest norm of a step's gradient; null: no clipping. */
  readonly maxGradNorm?: number | null;
  /**
   * Where eps stands: `torch` adds it to the corrected √v̂, `tf` to the raw √v, which makes the first steps of small
   * gradients smaller (16 times at g = eps = 1e-5). Default `torch`: ours, TRL's and OpenRLHF's; OpenAI's code of 2019
   * is `tf`, and its settings do not carry over without it.
   */
  readonly epsStyle?: 'torch' | 'tf';
}

/**
 * Positions after each step, from the gradients of the steps: see engine/optimizer.ts for the formula.
 *
 * @param start p [N] · @param gradients g [steps][N]
 */
export function referenceAdamW(
  start: readonly number[],
  gradients: readonly (readonly number[])[],
  settings: AdamSettings,
): number[][] {
  const { learningRate, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weightDecay = 0 } = settings;
  const { maxGradNorm = null, epsStyle = 'torch' } = settings;
  let position = [...start];
  const m = start.map(() => 0);
  const v = start.map(() => 0);
  return gradients.map((raw, index) => {
    const t = index + 1;
    const norm = Math.hypot(...raw);
    const clip = maxGradNorm === null ? 1 : Math.min(1, maxGradNorm / (norm + 1e-6));
    position = position.map((p, i) => {
      const g = (raw[i] ?? 0) * clip;
      const mean = (m[i] = beta1 * (m[i] ?? 0) + (1 - beta1) * g);
      const square = (v[i] = beta2 * (v[i] ?? 0) + (1 - beta2) * g * g);
      const [correction1, correction2] = [1 - beta1 ** t, 1 - beta2 ** t];
      const step =
        epsStyle === 'torch'
          ? mean / correction1 / (Math.sqrt(square / correction2) + eps)
          : ((Math.sqrt(correction2) / correction1) * mean) / (Math.sqrt(square) + eps);
      return p * (1 - learningRate * weightDecay) - learningRate * step;
    });
    return position;
  });
}

/** x ← d x + (1 - d) target, `steps` times: an average of weights over a run. */
export function exponentialAverage(x: number, target: number, decay: number, steps: number): number {
  return target + (x - target) * decay ** steps;
}
