import type { RoundReport } from '@rankloop/contracts';
import { percent } from '../../lib/format.ts';

/**
 * How far held-out labels confirm the reward model of a round, and what PPO made of that; null before it is known.
 * A full score also stands where nothing was held out, or where the round does not weigh it.
 */
export function confidenceInWords(report: RoundReport, isOver: boolean): string | null {
  const { rewardConfidence: confidence, rewardAccuracy } = report;
  if (confidence === undefined) return null;
  if (confidence <= 0) {
    return `The labels do not confirm the reward model, so the policy ${isOver ? 'was' : 'is'} not moved.`;
  }
  if (!rewardAccuracy) return 'No label was held out to check the reward model: its score counts in full.';
  if (confidence >= 1) return "The reward model's score counts in full.";
  return `Held-out labels confirm the reward model in part: ${share(confidence)} of its score counts.`;
}

/** Never rounded to nothing or to all: both have sentences of their own. */
function share(confidence: number): string {
  return percent(Math.min(0.99, Math.max(0.01, confidence)));
}
