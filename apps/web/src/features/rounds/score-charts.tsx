'use client';

import { roundRoutes } from '@rankloop/contracts';
import { Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { call } from '../../lib/api-client.ts';
import { useMembership } from '../../lib/session.ts';
import { Chart } from './chart.tsx';
import { distanceChart, histogramChart } from './score-specs.ts';
import { roundKeys } from './use-round.ts';

const REREAD_MS = 20_000;

/** How the rewards of the round's outputs lie. Nothing where the round has no scores. */
export function ScoreCharts({ roundId, isRunning }: { roundId: string; isRunning: boolean }) {
  const { projectId } = useMembership();
  const { data } = useQuery({
    queryKey: roundKeys.scores(roundId),
    queryFn: ({ signal }) => call(roundRoutes.getRoundScores, { params: { projectId, roundId } }, { signal }),
    refetchInterval: isRunning ? REREAD_MS : false,
  });
  const charts = useMemo(() => {
    if (!data) return [];
    const histogram = histogramChart(data.histogram);
    return [...(histogram ? [histogram] : []), ...data.distance.map(distanceChart)];
  }, [data]);
  if (charts.length === 0) return null;
  return (
    <section className="rl-section" aria-labelledby="scores">
      <Title order={2} size="h4" id="scores">
        Rewards
      </Title>
      <div className="rounds-charts">
        {charts.map(({ spec, columns }) => (
          <Chart key={spec.title} spec={spec} columns={columns} />
        ))}
      </div>
    </section>
  );
}
