import { DivergedError } from '../types.ts';

/** Nats per output; that of policy gradients is a setting of the same size. */
const FALL_LIMIT = 60;
/** Nats per token: short outputs fall less far before nothing is left of them. */
const TOKEN_FALL_LIMIT = 1;

/** Outputs that are read after the last update where none are held out. */
export const LAST_LOOK_OUTPUTS = 16;

/** An output that is to become likelier, or the means over several. */
export interface Held {
  /** log π of it all, in nats. */
  readonly logProb: number;
  /** The same by the reference. */
  readonly refLogProb: number;
  readonly tokens: number;
}

/**
 * Refuses a policy that gives up the very outputs it is to prefer: it holds them for `fall` = log π_ref − log π nats less
 * likely than the reference does. A fall of some nats is usual, because only the difference to the rejected outputs counts
 * (Rafailov et al. 2024, "From r to Q*"); one of more than 60 nats or 1 per token, and of more than all that the reference
 * itself needs for them, is that of a policy which writes something else.
 *
 * So with every loss. `apo-down` means to lower the preferred outputs, but its pull on one fades within some 1 / β nats,
 * and `sppo-hard` aims at 1 / (2β): what goes 60 nats down by either is not meant by it where β is 0.1, and a smaller β
 * asks for a policy that writes other things. Where a longer output's tail counts less, so does its fall.
 *
 * @throws DivergedError
 */
function refuseRunaway({ logProb, refLogProb, tokens }: Held, step: number): void {
  const fall = refLogProb - logProb;
  if (fall <= Math.max(Math.min(FALL_LIMIT, TOKEN_FALL_LIMIT * tokens), -refLogProb)) return;
  if (!Number.isFinite(fall)) {
    throw new DivergedError('The policy gives no numbers any more: lower the learning rate.', step);
  }
  throw new DivergedError(
    `By step ${step} the policy holds the preferred outputs for ${fall.toFixed(0)} nats less likely than the reference does: lower the learning rate or raise beta.`,
    step,
  );
}

/**
 * The same of a step's metrics, which are those before its update: the implicit reward of the chosen outputs is
 * β (log π − log π_ref). A step without any says nothing.
 *
 * @param tokens of each output of the step that is to become likelier
 * @throws DivergedError
 */
export function refuseRunawayStep(
  metrics: Readonly<Partial<Record<'rewards/chosen' | 'logps/chosen', number>>>,
  tokens: readonly number[],
  { beta, step }: { beta: number; step: number },
): void {
  const { 'rewards/chosen': reward, 'logps/chosen': logProb } = metrics;
  if (reward === undefined || logProb === undefined) return;
  refuseRunaway({ logProb, refLogProb: logProb - reward / beta, tokens: mean(tokens) }, step);
}

/**
 * The same of what the last update made of the policy, which no step has measured. Of no outputs nothing is said.
 *
 * @throws DivergedError
 */
export function refuseLastUpdate(outputs: readonly Held[], step: number): void {
  if (outputs.length === 0) return;
  const logProb = mean(outputs.map((output) => output.logProb));
  const refLogProb = mean(outputs.map((output) => output.refLogProb));
  refuseRunaway({ logProb, refLogProb, tokens: mean(outputs.map(({ tokens }) => tokens)) }, step);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
