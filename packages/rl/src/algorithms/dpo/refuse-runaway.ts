import { DivergedError } from '../types.ts';

/** Nats per output; that of policy gradients is a setting of the same size. */
const FALL_LIMIT = 60;

/**
 * Refuses a policy that gives up the very outputs it is to prefer. The implicit reward of the chosen ones is
 * β (log π − log π_ref), so −reward / β is how many nats less likely the policy holds them than the reference does. A
 * fall of some nats is usual, because only the difference to the rejected outputs counts (Rafailov et al. 2024, "From r
 * to Q*"); one of more than 60 nats, and of more than all that the reference itself needs for them, is that of a policy
 * which writes something else.
 *
 * So with every loss. `apo-down` means to lower the preferred outputs, but its pull on one fades within some 1 / β nats,
 * and `sppo-hard` aims at 1 / (2β): what goes 60 nats down by either is not meant by it where β is 0.1, and a smaller β
 * asks for a policy that writes other things. Where a longer output's tail counts less, so does its fall.
 *
 * @throws DivergedError
 */
export function refuseRunaway(
  metrics: Readonly<Record<'rewards/chosen' | 'logps/chosen', number>>,
  beta: number,
  step: number,
): void {
  const fall = -metrics['rewards/chosen'] / beta; // nats
  const ofReference = -(metrics['logps/chosen'] + fall); // nats
  if (fall <= Math.max(FALL_LIMIT, ofReference)) return;
  throw new DivergedError(
    `By step ${step} the policy holds the preferred outputs for ${fall.toFixed(0)} nats less likely than the reference does: lower the learning rate or raise beta.`,
    step,
  );
}
