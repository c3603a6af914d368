/**
 * LD-DPO (Liu et al. 2024): an output's tokens up to the length of the shorter output of its pair count whole,
 * those beyond it α each, so that a longer output has less of a lead by its length alone,
 *
 *   log π(y) := Σ_{t <= m} log π(y_t) + α Σ_{t > m} log π(y_t)        m = min(|preferred|, |other|)
 *
 * for policy and reference alike. α = 1 is DPO.
 *
 * @param mask 1 for tokens of the output, 0 for others [T]
 * @param sharedTokens m
 * @param tailWeight α in [0, 1]
 * @returns what each token counts [T]
 */
export function tailWeights(mask: ArrayLike<number>, sharedTokens: number, tailWeight: number): number[] {
  let tokens = 0;
  return Array.from(mask, (counts) => {
    tokens += counts;
    return tokens <= sharedTokens ? counts : counts * tailWeight;
  });
}
