// The surrogate losses without a critic in float64 with gradients, and what is shown beside them.

import { klEstimate } from '../returns/kl.ts';
import type { PolicyGradientObjective } from '../losses/policy-gradient-loss.ts';
import type { LossWithGradient } from './pair-loss.ts';

/** One entry per output, one number per token. */
export interface ReferencePolicyGradientInput {
  readonly logProbs: readonly (readonly number[])[];
  readonly oldLogProbs: readonly (readonly number[])[];
  readonly refLogProbs: readonly (readonly number[])[];
  readonly advantages: readonly (readonly number[])[];
  readonly weights: readonly (readonly number[])[];
  readonly klCoefficient: number;
}

/** See `policyGradientLoss`; without the cut of log-ratios. The gradient is in log π, output after output. */
export function referencePolicyGradientLoss(
  input: ReferencePolicyGradientInput,
  objective: PolicyGradientObjective,
): LossWithGradient {
  let loss = 0;
  const grad = input.logProbs.flatMap((logProbs, b) => {
    const at = (rows: readonly (readonly number[])[], t: number) => rows[b]?.[t] ?? NaN;
    const ratios = referenceRatios(logProbs, input.oldLogProbs[b] ?? [], objective.ratio);
    const slopes = ratios.map((ratio, t) => {
      const { term, slope } = surrogateOf(ratio, at(input.advantages, t), objective);
      loss += at(input.weights, t) * term;
      return at(input.weights, t) * slope;
    });
    const whole = slopes.reduce((sum, slope) => sum + slope, 0);
    const shared = objective.ratio === 'sequence-mean' ? whole / slopes.length : whole;
    return logProbs.map((logProb, t) => {
      const weight = at(input.weights, t) * input.klCoefficient;
      const own = objective.ratio === 'token' ? (slopes[t] ?? NaN) : shared;
      if (objective.klInLoss === null) return own;
      const logRatio = logProb - at(input.refLogProbs, t);
      loss += weight * klEstimate(logProb, at(input.refLogProbs, t), objective.klInLoss);
      return own + weight * (objective.klInLoss === 'k2' ? logRatio : -Math.expm1(-logRatio));
    });
  });
  return { loss, grad };
}

/** ρ of every token of one output. */
export function referenceRatios(
  logProbs: readonly number[],
  oldLogProbs: readonly number[],
  ratio: PolicyGradientObjective['ratio'],
): number[] {
  const logRatios = logProbs.map((logProb, t) => logProb - (oldLogProbs[t] ?? NaN));
  if (ratio === 'token') return logRatios.map(Math.exp);
  const sum = logRatios.reduce((total, logRatio) => total + logRatio, 0);
  return logRatios.map(() => Math.exp(ratio === 'sequence' ? sum : sum / logRatios.length));
}

function surrogateOf(
  ratio: number,
  advantage: number,
  { surrogate, clipRange, clipRangeHigh }: PolicyGradientObjective,
): { term: number; slope: number } {
  const free = -advantage * ratio;
  if (surrogate === 'unclipped') return { term: free, slope: free };
  const clipped = -advantage * Math.min(1 + clipRangeHigh, Math.max(1 - clipRange, ratio));
  if (surrogate === 'clip-only') {
    const isInside = ratio >= 1 - clipRange && ratio <= 1 + clipRangeHigh;
    return { term: clipped, slope: isInside ? free : 0 };
  }
  return { term: Math.max(free, clipped), slope: free >= clipped ? free : 0 };
}
