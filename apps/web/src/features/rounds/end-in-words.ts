import type { RoundDetail } from '@rankloop/contracts';

const SAFE = 'The policy in use and all judgements stay as they are.';

/** What a round says of itself; one that ended without a new policy also what is safe and what to do. */
export function endInWords({ state, reason }: Pick<RoundDetail, 'state' | 'reason'>): string {
  const why = reason === null ? '' : `${reason.replace(/[.\s]+$/, '')}. `;
  switch (state) {
    case 'cancelled':
      return `${SAFE} Retry keeps what its finished stages have made.`;
    case 'failed':
      return `${why}${SAFE} Retry keeps what its finished stages have made.`;
    case 'diverged':
      return `${why}${SAFE} With the same settings it would most likely end the same way.`;
    default:
      return reason ?? '';
  }
}
