// KL between the policy and its reference, from the log-probabilities of the drawn tokens.

export type KlEstimator = 'k1' | 'k2' | 'k3' | 'abs';

/**
 * Estimates of KL(π ‖ ref) from one token drawn from π (Schulman, "Approximating KL divergence"), with
 * ℓ = log π(a) - log ref(a):
 *
 *   k1 = ℓ                    unbiased, may be negative
 *   k2 = ℓ² / 2               biased, never negative
 *   k3 = exp(-ℓ) - 1 + ℓ      unbiased, never negative
 *   abs = |ℓ|                 biased, never negative; an old option of TRL
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
    case 'abs':
      return Math.abs(logRatio);
  }
}

/** Exact KL(p ‖ q) of two distributions given as log-probabilities, in nats. */
export function exactKl(logP: readonly number[], logQ: readonly number[]): number {
  return logP.reduce((sum, lp, i) => sum + Math.exp(lp) * (lp - (logQ[i] ?? -Infinity)), 0);
}

export interface ShapedRewards {
  /** R_t for each drawn token, and one more with `after-end`. */
  rewards: number[];
  /** Σ_t of the estimator, nats. */
  kl: number;
  /** -β times that: the part of the reward that is not the score. */
  nonScoreReward: number;
}

/** See `shapeRewards`. */
export type ScorePlace = 'last-token' | 'after-end';

/**
 * Reward of each token of one output (Ziegler et al. 2019, eq. 2):
 *
 *   R_t = -β (log π(a_t) - log ref(a_t)) + [t is the last token] · score
 *
 * Where implementations disagree:
 *
 * `scorePlace` — `last-token` is the last one drawn, the end-of-text token included (OpenAI 2019, TRL 0.11.4, OpenRLHF,
 * verl). `after-end` is TRL 1.12's: one place later, at the first padding, which takes a value of its own; outputs that
 * fill their room have no such place and get it at the last token. Default `last-token`: what the score is given for is
 * the drawn text, the state after it is never acted in, and cut and finished outputs are treated alike.
 *
 * `estimator` — `k1` by default: the only one whose gradient through the reward is that of the KL itself (its mean is
 * the KL, and rewards enter linearly). TRL 1.12 also offers k3; 0.11.4 `abs` and `mse`, which is k2.
 *
 * @param klCoefficient β >= 0
 */
export function shapeRewards(options: {
  logProbs: readonly number[];
  refLogProbs: readonly number[];
  score: number;
  klCoefficient: number;
  estimator?: KlEstimator;
  scorePlace?: ScorePlace;
}): ShapedRewards {
  const { logProbs, refLogProbs, score, klCoefficient } = options;
  const { estimator = 'k1', scorePlace = 'last-token' } = options;
  if (logProbs.length !== refLogProbs.length || logProbs.length === 0) {
    throw new Error(
      `An output has ${logProbs.length} log-probabilities and ${refLogProbs.length} of the reference.`,
    );
  }
  const kls = logProbs.map((logProb, t) => klEstimate(logProb, refLogProbs[t] ?? 0, estimator));
  const kl = kls.reduce((sum, value) => sum + value, 0);
  const penalties = kls.map((value) => -klCoefficient * value);
  const last = kls.length - 1;
  return {
    rewards:
      scorePlace === 'after-end'
        ? [...penalties, score]
        : penalties.map((penalty, t) => penalty + (t === last ? score : 0)),
    kl,
    nonScoreReward: -klCoefficient * kl,
  };
}
