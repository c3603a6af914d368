import { KeepReason, type RetentionSettings } from '@rankloop/contracts';

/** What the rule looks at; the newest first. */
export interface KeptFacts {
  id: string;
  kind: 'policy' | 'reward';
  isCurrent: boolean;
  wasPromoted: boolean;
  /** No round made it, so nothing could make it again. */
  isFromOutside: boolean;
  /** Of the round that made the policy in use: its reward models explain it. */
  isOfCurrentRound: boolean;
  /** Made or taken by a round that has not ended. */
  isInActiveRound: boolean;
  /** The held-out accuracy of a reward model, the win rate of a round's last policy; null: not measured. */
  figure: number | null;
}

/** Why each checkpoint keeps its files, by id; those without a reason may be pruned. */
export function reasonsToKeep(
  checkpoints: readonly KeptFacts[],
  settings: RetentionSettings,
): Map<string, KeepReason[]> {
  const [last, best] = [new Set<string>(), new Set<string>()];
  for (const kind of ['policy', 'reward'] as const) {
    const ofKind = checkpoints.filter((checkpoint) => checkpoint.kind === kind);
    for (const { id } of ofKind.slice(0, settings.keepLast)) last.add(id);
    const measured = ofKind.flatMap(({ id, figure }) => (figure === null ? [] : [{ id, figure }]));
    // Of equals the newer: sorting keeps their order.
    measured.sort((a, b) => b.figure - a.figure);
    for (const { id } of measured.slice(0, settings.keepBest)) best.add(id);
  }
  return new Map(
    checkpoints.map((checkpoint) => {
      const holds: Record<KeepReason, boolean> = {
        'in-use': checkpoint.isCurrent,
        'of-the-round-in-use': checkpoint.isOfCurrentRound,
        'active-round': checkpoint.isInActiveRound,
        'from-outside': checkpoint.isFromOutside,
        promoted: settings.keepPromoted && checkpoint.wasPromoted,
        last: last.has(checkpoint.id),
        best: best.has(checkpoint.id),
      };
      return [checkpoint.id, KEEP_REASONS.filter((reason) => holds[reason])];
    }),
  );
}

const KEEP_REASONS = KeepReason.options;
