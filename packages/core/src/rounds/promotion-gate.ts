import type { PromotionGate } from '@rankloop/contracts';

/** What is known of a policy; each figure is a share of 0..1. */
export interface PolicyFigures {
  /** Held-out accuracy of the reward model that its round trained; absent when it trained none. */
  accuracy?: number | undefined;
  /** Wins over the base on the prompts of this round; absent when none were compared. */
  winRate?: number | undefined;
}

export interface PromotionVerdict {
  promote: boolean;
  /** Why not, as sentences; empty when it is promoted. */
  reasons: string[];
}

/** Rounding of shares must not decide. */
const EPSILON = 1e-9;

/**
 * Whether a new policy takes the place of the one in use: neither figure may be worse by more than its margin.
 *
 * The point values are compared, not their intervals: with the usual hundred prompts an interval is some 20 points wide
 * and would hold nearly every round back. The win rates are measured on the same prompts by the same judge; the
 * accuracies on the held-out prompts of either round.
 *
 * A policy without a win rate is held back, because nothing is known of it. An accuracy is asked for only where both
 * rounds trained a reward model.
 */
export function judgePromotion(options: {
  gate: PromotionGate;
  next: PolicyFigures;
  current: PolicyFigures;
}): PromotionVerdict {
  const { gate, next, current } = options;
  const reasons: string[] = [];
  if (next.winRate === undefined) {
    reasons.push('Its win rate was not measured: no prompts were left to compare on, or no judge.');
  } else if (current.winRate !== undefined && next.winRate < current.winRate - gate.winRateMargin - EPSILON) {
    reasons.push(tooLow('win rate over the base', next.winRate, current.winRate, gate.winRateMargin));
  }
  const { accuracy } = next;
  if (accuracy !== undefined && current.accuracy !== undefined) {
    if (accuracy < current.accuracy - gate.accuracyMargin - EPSILON)
      reasons.push(
        tooLow('held-out accuracy of the reward model', accuracy, current.accuracy, gate.accuracyMargin),
      );
  }
  return { promote: reasons.length === 0, reasons };
}

function tooLow(what: string, next: number, current: number, margin: number): string {
  return `The ${what} is ${percent(next)}, that of the policy in use ${percent(current)}: more than ${points(margin)} below.`;
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const points = (share: number) => `${Number((share * 100).toFixed(1))} points`;
