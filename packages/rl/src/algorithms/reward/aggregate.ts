// From the members' scores of one text to the ensemble's.

import { cautiousScore } from '../../reference/reward-scale.ts';
import type { Aggregation, EnsembleKey, Normalisation } from './reward-key.ts';

/**
 *   mean                 (1/N) Σ_k s_k
 *   min                  min_k s_k                                Coste et al. 2024: worst case
 *   mean-less-variance   mean - λ · (1/N) Σ_k (s_k - mean)²       the same: uncertainty-weighted
 *
 * The members of an ensemble are all there are, so the variance is the population's.
 *
 * @param scores s_k, one per member, never empty; a single one is the result whatever the rule
 */
export function aggregate(
  scores: readonly number[],
  { aggregation, varianceWeight }: { aggregation: Aggregation; varianceWeight: number },
): number {
  const [only] = scores;
  if (only === undefined) throw new Error('There is no score to aggregate.');
  if (scores.length === 1) return only;
  const { mean, worst, uncertaintyWeighted } = cautiousScore(scores, varianceWeight);
  switch (aggregation) {
    case 'mean':
      return mean;
    case 'min':
      return worst;
    case 'mean-less-variance':
      return uncertaintyWeighted;
  }
}

/**
 * `normalised`: the base policy's outputs have mean 0 and, for a single model, deviation 1 (Ziegler et al. 2019).
 * `log-odds`: they have mean 0, and a difference of two scores is the log-odds that people prefer one to the other, as
 * the loss over pairs makes it; a model that learned little has small ones (Ouyang et al. 2022 shift only, too).
 */
export type ScoreScale = 'normalised' | 'log-odds';

/**
 * An ensemble's scores of texts from its members' raw ones. Each member is normalised before the rule, so that none
 * decides by its scale alone; after it the base's mean is 0 again. The deviation is left as the rule made it: where the
 * members disagree their mean spreads less, and counts less.
 *
 * @param raw [member][text]
 */
export function ensembleScores(
  raw: readonly (readonly number[])[],
  ensemble: Pick<EnsembleKey, 'aggregation' | 'varianceWeight' | 'members' | 'offset'>,
  scale: ScoreScale,
): number[] {
  const offset = scale === 'normalised' ? ensemble.offset.normalised : ensemble.offset.logOdds;
  const scaled = raw.map((scores, k) => scaleScores(scores, ensemble.members[k], scale));
  return (raw[0] ?? []).map(
    (_, i) =>
      aggregate(
        scaled.map((scores) => scores[i] ?? NaN),
        ensemble,
      ) - offset,
  );
}

export function scaleScores(
  raw: readonly number[],
  { mean, std }: Normalisation = { mean: 0, std: 1 },
  scale: ScoreScale,
): number[] {
  return raw.map((score) => (scale === 'normalised' ? (score - mean) / std : score - mean));
}
