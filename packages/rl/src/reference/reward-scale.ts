// Scales of scores: to a mean and deviation, to Elo, and over several models.

import { momentsOf, type VarianceKind } from '../returns/whiten.ts';
import { sigmoid } from './pair-loss.ts';

export interface Scale {
  readonly mean: number;
  readonly std: number;
}

/** gain · score + bias takes scores of one mean and deviation to another (Ziegler et al. 2019, section 2.2). */
export function gainAndBias(from: Scale, to: Scale): { gain: number; bias: number } {
  const gain = to.std / from.std;
  return { gain, bias: to.mean - gain * from.mean };
}

/** Elo points of one unit of score: P = σ(Δ) = 1 / (1 + 10^(-Δ_elo / 400)). */
export const ELO_PER_LOGIT = 400 / Math.LN10;

/**
 * Several reward models against over-optimisation (Coste et al. 2024): the worst of them, or
 *
 *   mean - λ · variance
 *
 * The paper leaves the variance open. Default `population`: the members are all there are, not a sample.
 */
export function cautiousScore(
  scores: readonly number[],
  lambda: number,
  kind: VarianceKind = 'population',
): { mean: number; worst: number; uncertaintyWeighted: number } {
  const { mean, variance } = momentsOf(scores, kind);
  return { mean, worst: Math.min(...scores), uncertaintyWeighted: mean - lambda * variance };
}

/** How far the members disagree about a pair, as the spread of their differences and of their probabilities. */
export function disagreement(differences: readonly number[]) {
  const probabilities = momentsOf(differences.map(sigmoid), 'population');
  return {
    logitVariance: momentsOf(differences, 'bessel').variance,
    probabilityVariance: probabilities.variance,
    meanProbability: probabilities.mean,
  };
}
