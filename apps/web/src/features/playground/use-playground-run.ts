'use client';

import {
  type PlaygroundBody,
  playgroundRoutes,
  type PlaygroundRun,
  SideRunEventData,
} from '@rankloop/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../lib/api-client.ts';
import { useLive } from '../../lib/live.ts';
import { useMembership } from '../../lib/session.ts';
import { useRefresh } from '../../lib/use-refresh.ts';

/** Texts grow while one looks; the stream says when. */
const READ_EVERY_MS = 150;
/** The stream is the quick way; this is how stale the page may get without it. */
const REREAD_MS = 2000;

export function isAtWork(run: PlaygroundRun | undefined): boolean {
  return run?.state === 'queued' || run?.state === 'running';
}

/** One request at a time: starts it, follows it, stops it. */
export function usePlaygroundRun() {
  const { projectId } = useMembership();
  const queryClient = useQueryClient();
  const [runId, setRunId] = useState<string | null>(null);
  const keyOf = (id: string | null) => ['playground', projectId, id];
  const run = useQuery({
    queryKey: keyOf(runId),
    queryFn: ({ signal }) =>
      call(
        playgroundRoutes.getPlaygroundRun,
        { params: { projectId, playgroundRunId: runId ?? '' } },
        { signal },
      ),
    enabled: runId !== null,
    refetchInterval: ({ state }) => (isAtWork(state.data) ? REREAD_MS : false),
  });
  const refresh = useRefresh(keyOf(runId), READ_EVERY_MS);
  useLive('side-run', ({ data }) => {
    if (SideRunEventData.safeParse(data).data?.runId === runId) refresh();
  });
  const keep = (answer: PlaygroundRun) => {
    queryClient.setQueryData(keyOf(answer.id), answer);
    setRunId(answer.id);
  };
  const start = useMutation({
    mutationFn: (body: PlaygroundBody) =>
      call(playgroundRoutes.startPlaygroundRun, { params: { projectId }, body }),
    onSuccess: keep,
  });
  const stop = useMutation({
    mutationFn: () =>
      call(playgroundRoutes.cancelPlaygroundRun, { params: { projectId, playgroundRunId: runId ?? '' } }),
    onSuccess: keep,
  });
  return { run: run.data, error: start.error ?? stop.error ?? run.error, start, stop };
}
