'use client';

import { Button, Text, Title } from '@mantine/core';
import { MAX_COMPARED_ROUNDS, roundRoutes } from '@rankloop/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Choice } from '../../components/choice.tsx';
import { QueryState } from '../../components/states.tsx';
import { call } from '../../lib/api-client.ts';
import { useMembership } from '../../lib/session.ts';
import { Chart } from './chart.tsx';
import { joinSteps } from './chart-specs.ts';
import { compareSpec } from './compare-spec.ts';

interface CompareRoundsProps {
  /** Ids, in the order of choice. */
  rounds: readonly string[];
  metric: string;
  onMetric: (metric: string) => void;
  onClear: () => void;
}

/** One metric of the chosen rounds in one frame. */
export function CompareRounds({ rounds, metric, onMetric, onClear }: CompareRoundsProps) {
  const { projectId } = useMembership();
  const shown = rounds.slice(0, MAX_COMPARED_ROUNDS);
  const query = { rounds: shown.join(','), metric };
  const curves = useQuery({
    queryKey: ['rounds', projectId, 'curves', query],
    queryFn: ({ signal }) => call(roundRoutes.getRoundCurves, { params: { projectId }, query }, { signal }),
    placeholderData: keepPreviousData,
  });
  const drawn = curves.data;
  const columns = useMemo(() => joinSteps(drawn?.curves ?? []), [drawn]);
  // While another metric is on its way, the one before stands under its own name.
  const spec = useMemo(() => compareSpec(drawn?.metric ?? '', drawn?.curves ?? []), [drawn]);
  return (
    <section className="rl-section rounds-compared" aria-labelledby="compared">
      <div className="rounds-compare-head">
        <Title order={2} size="h4" id="compared">
          {shown.length === 1 ? '1 round' : `${shown.length} rounds`} compared
        </Title>
        <Choice
          size="xs"
          label="Metric"
          data={[...new Set([metric, ...(curves.data?.metrics ?? [])])]}
          value={metric}
          onChange={onMetric}
        />
        <Button size="xs" variant="default" onClick={onClear}>
          Compare none
        </Button>
      </div>
      {rounds.length > shown.length && (
        <Text size="sm" mb="xs">
          At most {MAX_COMPARED_ROUNDS} are drawn: the first that you chose.
        </Text>
      )}
      <QueryState query={curves} lines={6}>
        {(data) =>
          data.curves.length === 0 ? (
            <Text size="sm" c="dimmed">
              None of the chosen rounds has recorded {data.metric}. Choose another metric.
            </Text>
          ) : (
            <Chart spec={spec} columns={columns} />
          )
        }
      </QueryState>
    </section>
  );
}
