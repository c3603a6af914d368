import type { RoundSummary } from '@rankloop/contracts';

/** Who started a round. */
export function starterInWords({
  startedBy,
  isAutomatic,
}: Pick<RoundSummary, 'startedBy' | 'isAutomatic'>): string {
  return isAutomatic ? 'the project’s rule' : (startedBy ?? 'a script');
}
