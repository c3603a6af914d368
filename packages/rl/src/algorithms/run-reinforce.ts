// Policy gradients without a critic on a language model against a reward model: REINFORCE with a baseline
// (Williams 1992), leave-one-out (Ahmadian et al. 2024) and group-relative advantages (Shao et al. 2024).

import { runPolicyGradient } from './reinforce/run-policy-gradient.ts';
import type { PpoReport, RunReinforceOptions } from './types.ts';

/** Writes the improved policy as a complete model folder. The report and the metrics are those of PPO. */
export async function runReinforce(options: RunReinforceOptions): Promise<PpoReport> {
  if (options.prompts.length === 0) throw new Error('REINFORCE needs at least one prompt.');
  return runPolicyGradient(options);
}
