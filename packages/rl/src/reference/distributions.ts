// Log-probabilities and entropy in float64, to check the float32 ones against.

/** z - max - log Σ exp(z - max), with z = logits / T. */
export function logSoftmax(logits: readonly number[], temperature = 1): number[] {
  const scaled = logits.map((logit) => logit / temperature);
  const top = Math.max(...scaled);
  const logSum = Math.log(scaled.reduce((sum, z) => sum + Math.exp(z - top), 0));
  return scaled.map((z) => z - top - logSum);
}

/** -Σ p log p, nats. */
export function entropyOf(logits: readonly number[]): number {
  return -logSoftmax(logits).reduce((sum, logP) => sum + Math.exp(logP) * logP, 0);
}
