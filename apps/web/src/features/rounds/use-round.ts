'use client';

import {
  MetricEventData,
  type RoundDetail,
  RoundEventData,
  roundRoutes,
  type RouteOutput,
} from '@rankloop/contracts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { z } from 'zod';
import { call } from '../../lib/api-client.ts';
import { useLive } from '../../lib/live.ts';
import { useMembership } from '../../lib/session.ts';
import { useRefresh } from '../../lib/use-refresh.ts';
import { mergeMetrics } from './merge-metrics.ts';
import { isActive } from './round-state.tsx';

const RUNNING_REREAD_MS = 5000;
const METRICS_REREAD_MS = 20_000;

export const roundKeys = {
  list: (projectId: string) => ['rounds', projectId, 'list'],
  detail: (roundId: string) => ['rounds', 'detail', roundId],
  metrics: (roundId: string) => ['rounds', 'metrics', roundId],
  samples: (roundId: string) => ['rounds', 'samples', roundId],
  scores: (roundId: string) => ['rounds', 'scores', roundId],
};

/** A round that follows what happens: its state, its curves, its samples. */
export function useRound(roundId: string) {
  const { projectId } = useMembership();
  const queryClient = useQueryClient();
  const params = { projectId, roundId };
  const round = useQuery({
    queryKey: roundKeys.detail(roundId),
    queryFn: ({ signal }) => call(roundRoutes.getRound, { params }, { signal }),
    refetchInterval: ({ state }) => (state.data && isActive(state.data.state) ? RUNNING_REREAD_MS : false),
  });
  const isRunning = round.data !== undefined && isActive(round.data.state);
  const metrics = useQuery({
    queryKey: roundKeys.metrics(roundId),
    queryFn: ({ signal }) => call(roundRoutes.getRoundMetrics, { params }, { signal }),
    // The stream tells the newest step of each batch; this fills in those between.
    refetchInterval: isRunning ? METRICS_REREAD_MS : false,
  });
  const refreshRound = useRefresh(roundKeys.detail(roundId));
  const refreshMetrics = useRefresh(roundKeys.metrics(roundId), 3000);
  const refreshSamples = useRefresh(roundKeys.samples(roundId), 2000);
  const refreshScores = useRefresh(roundKeys.scores(roundId), 3000);

  useLive('metric', (event) => {
    const news = MetricEventData.safeParse(event.data);
    if (!news.success || news.data.roundId !== roundId) return;
    queryClient.setQueryData<RouteOutput<'getRoundMetrics'>>(roundKeys.metrics(roundId), (known) =>
      known ? { series: mergeMetrics(known.series, news.data) } : known,
    );
    queryClient.setQueryData<RoundDetail>(roundKeys.detail(roundId), (known) =>
      known ? withStep(known, news.data) : known,
    );
  });
  useLive('round', (event) => {
    const news = RoundEventData.safeParse(event.data);
    if (!news.success || news.data.roundId !== roundId) return;
    refreshRound();
    refreshMetrics();
    refreshSamples();
    refreshScores();
  });
  useLive('sample', (event) => {
    const news = z.object({ roundId: z.string() }).safeParse(event.data);
    if (news.success && news.data.roundId === roundId) refreshSamples();
  });
  return { round, metrics };
}

function withStep(round: RoundDetail, news: z.infer<typeof MetricEventData>): RoundDetail {
  const { stage, step, totalSteps } = news;
  return {
    ...round,
    stages: round.stages.map((one) => (one.name === stage ? { ...one, step, totalSteps } : one)),
  };
}
