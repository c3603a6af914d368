import { lastMade, type RoundConfig } from '@rankloop/contracts';

/**
 * Why the gate is bound to hold back what a round with these stages makes: a policy without a win rate is held back, and
 * some rounds can measure none. Null where it may pass.
 */
export function findGateTrouble(
  { stages, comparePrompts }: Pick<RoundConfig, 'stages' | 'comparePrompts'>,
  project: { isDemo: boolean },
): string | null {
  if (lastMade(stages, 'policy') === undefined) return null;
  if (comparePrompts === 0)
    return 'The gate will hold the new policy back: it is compared on no prompt, so no win rate is measured. Raise the prompts to compare on.';
  // The demo's hidden gold judges without one.
  if (project.isDemo || lastMade(stages, 'reward') !== undefined) return null;
  return 'The gate will hold the new policy back: no stage trains a reward model, so nothing measures its win rate. Add a reward stage, or put the policy in use by hand.';
}
