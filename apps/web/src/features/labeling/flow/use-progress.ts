'use client';

import { labelingRoutes, type LabelingStats } from '@rankloop/contracts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { call } from '../../../lib/api-client.ts';
import type { OutboxItem } from '../outbox/outbox-item.ts';

const keyOf = (projectId: string) => ['labeling', projectId, 'stats'] as const;

/** Own progress. Receipts count up at once; the server is asked now and then. */
export function useStats(projectId: string) {
  return useQuery({
    queryKey: keyOf(projectId),
    queryFn: ({ signal }) => call(labelingRoutes.getLabelingStats, { params: { projectId } }, { signal }),
    staleTime: 60_000,
  });
}

export function useProgress(projectId: string) {
  const queryClient = useQueryClient();
  return useMemo(
    () => ({
      count: (item: OutboxItem) => {
        if (item.replaces !== undefined) return;
        queryClient.setQueryData<LabelingStats>(
          keyOf(projectId),
          (now) => now && { ...now, doneToday: now.doneToday + 1, doneTotal: now.doneTotal + 1 },
        );
      },
    }),
    [queryClient, projectId],
  );
}
