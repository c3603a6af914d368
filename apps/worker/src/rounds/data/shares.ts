import { REWARD_SETTINGS } from '@rankloop/contracts';
import { capLabelerShare } from '@rankloop/rl';

/** Where a recipe has no setting of its own for it: no person counts more than this share of all. */
export const MAX_PERSON_SHARE: number = REWARD_SETTINGS.maxPersonShare.default;

/** The same items, of which those of somebody above the share weigh less. */
export function capShares<Item extends { labelerId: string; weight: number }>(
  items: readonly Item[],
  maxPersonShare = MAX_PERSON_SHARE,
): Item[] {
  const weights = capLabelerShare(items, maxPersonShare);
  return items.map((item, i) => ({ ...item, weight: weights[i] ?? item.weight }));
}
