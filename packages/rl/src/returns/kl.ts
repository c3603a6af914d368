// KL between the policy and its reference, from the log-probabilities of the drawn tokens.

export type KlEstimator = 'k1' | 'k2' | 'k3';

/**
 * Estimates of KL(π ‖ ref) from one token drawn from π (Schulman, "Approximating KL divergence"), with
 * ℓ = log π(a) - log ref(a):
 *
 *   k1 = ℓ                    unbiased, may be negative
 *   k2 = ℓ² / 2               biased, never negative
 *   k3 = exp(-ℓ) - 1 + ℓ      unbiased, never negative
 */
export function klEstimate(logProb: number, refLogProb: number, estimator: KlEstimator): number {
  const logRatio = logProb - refLogProb;
  switch (estimator) {
    case 'k1':
      return logRatio;
    case 'k2':
      return 0.5 * logRatio * logRatio;
    case 'k3':
      return Math.expm1(-logRatio) + logRatio;
  }
}

/** Exact KL(p ‖ q) of two distributions given as log-probabilities, in nats. */
export function exactKl(logP: readonly number[], logQ: readonly number[]): number {
  return logP.reduce((sum, lp, i) => sum + Math.exp(lp) * (lp - (logQ[i] ?? -Infinity)), 0);
}

export interface ShapedRewards {
  /** R_t for each drawn token. */
  rewards: number[];
  /** Σ_t k1, nats. */
  kl: number;
  /** -β Σ_t k1: the part of the reward that is not the score. */
  nonScoreReward: number;
}

/**
 * Reward of each token of one output (Ziegler et al. 2019, eq. 2):
 *
 *   R_t = -β (log π(a_t) - log ref(a_t)) + [t is the last token] · score
 *
 * The last token is the last one drawn, the end-of-text token included. (TRL 1.12 gives the score one place later
 * where there is padding; 0.11.4 gives it here.)
 *
 * @param klCoefficient β >= 0
 */
export function shapeRewards(options: {
  logProbs: readonly number[];
  refLogProbs: readonly number[];
  score: number;
  klCoefficient: number;
}): ShapedRewards {
  const { logProbs, refLogProbs, score, klCoefficient } = options;
  if (logProbs.length !== refLogProbs.length || logProbs.length === 0) {
    throw new Error(
      `An output has ${logProbs.length} log-probabilities and ${refLogProbs.length} of the reference.`,
    );
  }
  const kls = logProbs.map((logProb, t) => klEstimate(logProb, refLogProbs[t] ?? 0, 'k1'));
  const kl = kls.reduce((sum, value) => sum + value, 0);
  const last = kls.length - 1;
  return {
    rewards: kls.map((value, t) => -klCoefficient * value + (t === last ? score : 0)),
    kl,
    nonScoreReward: -klCoefficient * kl,
  };
}
