// Implicit rewards for each divergence in float64, with their slopes.

import type { Divergence } from '../losses/dpo-objective.ts';
import { STEADY_EXP_LIMIT } from '../losses/dpo-scores.ts';
import { sigmoid, softplus } from './pair-loss.ts';

export interface Score {
  /** s */
  readonly value: number;
  /** ds / dℓ */
  readonly slope: number;
}

/** See `scoresOf`. */
export function referenceScore(logRatio: number, divergence: Divergence): Score {
  switch (divergence) {
    case 'reverse-kl':
      return { value: logRatio, slope: 1 };
    case 'forward-kl':
      return steadyExpScore(-logRatio);
    case 'js-divergence':
      return { value: -softplus(-logRatio), slope: sigmoid(-logRatio) };
  }
}

/** -exp(x) by ℓ = -x: its slope is exp(x), or that of the line. */
function steadyExpScore(x: number): Score {
  const slope = Math.exp(Math.min(x, STEADY_EXP_LIMIT));
  return { value: -slope * (1 + Math.max(0, x - STEADY_EXP_LIMIT)), slope };
}
