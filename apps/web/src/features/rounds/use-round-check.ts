'use client';

import { useDebouncedValue } from '@mantine/hooks';
import type { RoundCheck, RoundConfig, RoundDraft } from '@rankloop/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { call } from '../../lib/api-client.ts';
import { useMembership } from '../../lib/session.ts';

const AFTER_TYPING_MS = 400;

/** What stands in the way of the stages as they stand; until the first answer, of the default ones. */
export function useRoundCheck(
  draft: RoundDraft,
  config: RoundConfig | null,
  snapshotId: string | null,
): RoundCheck {
  const { projectId } = useMembership();
  const [asked] = useDebouncedValue(config === null ? null : JSON.stringify(config), AFTER_TYPING_MS);
  const check = useQuery({
    queryKey: ['rounds', projectId, 'check', snapshotId, asked],
    queryFn: ({ signal }) =>
      call(
        'checkRound',
        {
          params: { projectId },
          body: {
            config: JSON.parse(asked ?? 'null') as unknown,
            ...(snapshotId !== null && { snapshotId }),
          },
        },
        { signal },
      ),
    enabled: asked !== null && config !== null,
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
  });
  return check.data ?? draft;
}
