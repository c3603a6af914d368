// Mean, variance and whitening over the tokens that count.

export interface Moments {
  mean: number;
  variance: number;
}

/** `bessel` divides by n - 1 (PyTorch, TRL), `population` by n (TensorFlow, OpenAI 2019). */
export type VarianceKind = 'bessel' | 'population';

export function momentsOf(values: readonly number[], kind: VarianceKind): Moments {
  const n = values.length;
  if (n === 0) return { mean: 0, variance: 0 };
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  // One value has no spread to estimate.
  const divisor = kind === 'bessel' ? Math.max(1, n - 1) : n;
  return { mean, variance: squares / divisor };
}

/** Keeps the variance of equal values from dividing by zero; the value of TRL and OpenAI 2019. */
const VARIANCE_EPS = 1e-8;

/**
 * (x - mean) / √(variance + 1e-8), and the mean added again with `keepMean`.
 * Pass only the values that count: padding never enters.
 */
export function whiten(
  values: readonly number[],
  { kind = 'bessel', keepMean = false }: { kind?: VarianceKind; keepMean?: boolean } = {},
): number[] {
  const { mean, variance } = momentsOf(values, kind);
  const scale = 1 / Math.sqrt(variance + VARIANCE_EPS);
  return values.map((value) => (value - mean) * scale + (keepMean ? mean : 0));
}

/** 1 - Var(target - prediction) / Var(target); 0 where the targets do not vary. */
export function explainedVariance(predictions: readonly number[], targets: readonly number[]): number {
  const { variance } = momentsOf(targets, 'population');
  if (variance === 0) return 0;
  const errors = targets.map((target, i) => target - (predictions[i] ?? 0));
  return 1 - momentsOf(errors, 'population').variance / variance;
}
