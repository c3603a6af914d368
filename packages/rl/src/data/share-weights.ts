// How much each part of a judgement counts in the loss of a batch.

export interface WeighedParts {
  /** w_j >= 0 */
  readonly weight: number;
  /** s of every part of the judgement: a pair, a draw, a rating. */
  readonly shares: readonly number[];
  /** How often each member of an ensemble drew the prompt; 1 for every member by default. */
  readonly counts?: readonly number[] | undefined;
}

/**
 * For every member of an ensemble, or the one model, the weights of all parts in order [member][part]:
 *
 *   w_p = w_j n_j / Σ_j w_j n_j · s_p / Σ_{q in j} s_q
 *
 * which makes Σ_p w_p ℓ_p the weighted mean over judgements of each judgement's mean over its own parts: a judgement
 * counts the same whatever its K. A member that drew none of the batch's prompts has zeros.
 */
export function weighParts(judgements: readonly WeighedParts[], members = 1): number[][] {
  return Array.from({ length: members }, (_, k) => {
    const weights = judgements.map(({ weight, counts }) => weight * (counts?.[k] ?? 1));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return judgements.flatMap(({ shares }, j) => {
      const all = shares.reduce((sum, share) => sum + share, 0);
      return shares.map((share) => (total === 0 ? 0 : (((weights[j] ?? NaN) / total) * share) / all));
    });
  });
}
