// No single person decides what the model learns.

/**
 * Weights, in the order given, under which nobody holds more than `maxShare` of the total: the judgements of those
 * above it are scaled down, everybody else's are untouched. Where there are too few people for that (1 / people >
 * maxShare), all people count the same.
 */
export function capLabelerShare(
  judgements: readonly { labelerId: string; weight: number }[],
  maxShare: number,
): number[] {
  const totals = new Map<string, number>();
  for (const { labelerId, weight } of judgements) {
    totals.set(labelerId, (totals.get(labelerId) ?? 0) + weight);
  }
  const people = [...totals].filter(([, total]) => total > 0).sort((a, b) => b[1] - a[1]);
  const share = Math.max(maxShare, 1 / Math.max(1, people.length));
  const limit = largestTotal(
    people.map(([, total]) => total),
    share,
  );
  return judgements.map(({ labelerId, weight }) => {
    const total = totals.get(labelerId) ?? 0;
    return total > limit ? (weight * limit) / total : weight;
  });
}

/**
 * With the m largest totals cut to L and the rest summing to S, L = share · (m L + S), so L = share · S / (1 - share · m).
 * The smallest m at which nobody else is above L is the answer.
 */
function largestTotal(descending: readonly number[], share: number): number {
  let rest = descending.reduce((sum, total) => sum + total, 0);
  for (let cut = 0; cut < descending.length; cut++) {
    const next = descending[cut] ?? 0;
    if (share * cut >= 1) return next;
    const limit = (share * rest) / (1 - share * cut);
    if (next <= limit * (1 + 1e-12)) return limit;
    rest -= next;
  }
  // Everybody is above: the share is 1 / people, and the smallest total is the common one.
  return descending.at(-1) ?? 0;
}
