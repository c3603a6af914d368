// How far the policy is from the one that drew, and what clipping does about it.

import type { PolicyGradientObjective } from '../../losses/policy-gradient-loss.ts';
import { referenceRatios } from '../../reference/policy-gradient-loss.ts';
import { klEstimate } from '../../returns/kl.ts';
import { average, shareOf } from '../ppo/statistics.ts';
import type { GradientExperience } from './advantages.ts';

export interface RatioStatistics {
  /** ½ mean over tokens of (log ρ)². */
  readonly approxKl: number;
  /** Mean over tokens. */
  readonly ratio: number;
  /** Share of tokens (of outputs, where the ratio is theirs) whose ratio is too low for a bad output. */
  readonly clippedLow: number;
  /** The same, too high for a good one. */
  readonly clippedHigh: number;
  /** Mean over tokens of the estimator that is in the loss; null where none is. */
  readonly lossKl: number | null;
}

type Drawn = Pick<GradientExperience, 'oldLogProbs' | 'refLogProbs' | 'advantages'>;

/** @param logProbs log π of each output's tokens, before the update */
export function ratioStatistics(
  minibatch: readonly Drawn[],
  logProbs: readonly (readonly number[])[],
  { ratio: kind, clipRange, clipRangeHigh, klInLoss }: PolicyGradientObjective,
): RatioStatistics {
  const tokens = minibatch.flatMap((one, b) =>
    one.oldLogProbs.map((old, t) => {
      const logProb = logProbs[b]?.[t] ?? NaN;
      return { logProb, logRatio: logProb - old, ref: one.refLogProbs[t] ?? NaN };
    }),
  );
  const judged = minibatch.flatMap(({ oldLogProbs, advantages }, b) => {
    const all = referenceRatios(logProbs[b] ?? [], oldLogProbs, kind).map((ratio, t) => ({
      ratio,
      advantage: advantages[t] ?? NaN,
    }));
    return kind === 'token' ? all : all.slice(0, 1);
  });
  const ratios = judged.map(({ ratio }) => ratio);
  const isGood = (i: number) => (judged[i]?.advantage ?? 0) > 0;
  const isBad = (i: number) => (judged[i]?.advantage ?? 0) < 0;
  return {
    approxKl: 0.5 * average(tokens, ({ logRatio }) => logRatio * logRatio),
    ratio: average(tokens, ({ logRatio }) => Math.exp(logRatio)),
    clippedLow: shareOf(ratios, (ratio, i) => isBad(i) && ratio < 1 - clipRange),
    clippedHigh: shareOf(ratios, (ratio, i) => isGood(i) && ratio > 1 + clipRangeHigh),
    lossKl: klInLoss && average(tokens, ({ logProb, ref }) => klEstimate(logProb, ref, klInLoss)),
  };
}
