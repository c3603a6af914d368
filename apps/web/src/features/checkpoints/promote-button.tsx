'use client';

import type { CheckpointRow } from '@rankloop/contracts';
import { ConfirmButton } from '../../components/confirm-button.tsx';

interface PromoteButtonProps {
  row: CheckpointRow;
  /** Older than the policy in use. */
  goesBack: boolean;
  isBusy: boolean;
  onPromote: () => void;
  size?: 'compact-xs' | 'sm';
}

/** Puts a policy in use, or goes back to an older one. Nothing where that cannot be. */
export function PromoteButton({ row, goesBack, isBusy, onPromote, size = 'compact-xs' }: PromoteButtonProps) {
  if (row.kind !== 'policy' || row.isCurrent || row.prunedAt !== null) return null;
  return (
    <ConfirmButton
      size={size}
      label={`${goesBack ? 'Roll back to' : 'Use'} ${row.name}`}
      question={`New rounds begin from ${row.name}, and new outputs come from it. Open tasks and all judgements stay.`}
      confirm={goesBack ? 'Roll back' : 'Use it'}
      loading={isBusy}
      onConfirm={onPromote}
    >
      {goesBack ? 'Roll back' : 'Use'}
    </ConfirmButton>
  );
}
