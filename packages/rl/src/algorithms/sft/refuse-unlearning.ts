import { DivergedError } from '../types.ts';

/** Nats per token. */
const RISE_LIMIT = 0.25;

/**
 * Refuses a policy that writes the very texts it has learned with less certainty than before it learned them: each update
 * lowers their loss, unless it steps too far. Where there is nothing left to learn the loss goes up and down by some
 * hundredths of a nat; a rise of more than a quarter of a nat per token is that of steps that are too long.
 *
 * @param before loss on some texts of the training, in nats per token
 * @param after the same texts, by the policy that has learned them
 * @param limit of the rise, where more of it is usual
 * @throws DivergedError
 */
export function refuseUnlearning(
  { before, after }: { before: number; after: number },
  step: number,
  limit = RISE_LIMIT,
): void {
  if (after - before <= limit) return;
  if (!Number.isFinite(after)) {
    throw new DivergedError('The policy gives no numbers any more: lower the learning rate.', step);
  }
  throw new DivergedError(
    `By step ${step} the texts that the policy learns cost it ${after.toFixed(2)} nats per token instead of ${before.toFixed(2)}: lower the learning rate.`,
    step,
  );
}
