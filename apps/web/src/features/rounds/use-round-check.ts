'use client';

import { useDebouncedValue } from '@mantine/hooks';
import { type RoundCheck, type RoundConfig, type RoundDraft, roundRoutes } from '@rankloop/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { call } from '../../lib/api-client.ts';
import { useMembership } from '../../lib/session.ts';

const AFTER_TYPING_MS = 400;

const NOTHING: RoundCheck = { blockers: [], warnings: [], estimate: null };

interface CheckedRound {
  check: RoundCheck;
  /** Why the stages as they stand could not be checked; null while they are or were. */
  error: unknown;
  retry: () => void;
}

/**
 * What stands in the way of the stages as they stand; until the first answer, of the default ones. What could not be
 * checked has no findings: those of other stages would mislead.
 */
export function useRoundCheck(
  draft: RoundDraft,
  config: RoundConfig | null,
  chosen: { snapshotId: string | null; checkpointId: string | null },
): CheckedRound {
  const { projectId } = useMembership();
  const { snapshotId, checkpointId } = chosen;
  const [asked] = useDebouncedValue(config === null ? null : JSON.stringify(config), AFTER_TYPING_MS);
  const check = useQuery({
    queryKey: ['rounds', projectId, 'check', snapshotId, checkpointId, asked],
    queryFn: ({ signal }) =>
      call(
        roundRoutes.checkRound,
        {
          params: { projectId },
          body: {
            config: JSON.parse(asked ?? 'null') as unknown,
            ...(snapshotId !== null && { snapshotId }),
            ...(checkpointId !== null && { baseCheckpointId: checkpointId }),
          },
        },
        { signal },
      ),
    enabled: asked !== null && config !== null,
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
  });
  return {
    check: check.data ?? (check.error === null ? draft : NOTHING),
    error: check.error,
    retry: () => void check.refetch(),
  };
}
