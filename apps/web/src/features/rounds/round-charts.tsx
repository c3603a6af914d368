'use client';

import { Text, Title } from '@mantine/core';
import type { MetricSeries } from '@rankloop/contracts';
import { useMemo } from 'react';
import { Chart } from './chart.tsx';
import { CHARTS, columnsOf, type ChartSpec } from './chart-specs.ts';

const STAGE_TITLES = { reward: 'Reward model', ppo: 'Policy' };

/** All curves of a round, by stage; a stage without values says so. */
export function RoundCharts({ series, isRunning }: { series: readonly MetricSeries[]; isRunning: boolean }) {
  return (
    <>
      {(['ppo', 'reward'] as const).map((stage) => {
        const charts = CHARTS.filter((spec) => spec.stage === stage);
        const hasValues = series.some((one) => one.stage === stage);
        return (
          <section key={stage} className="rl-section" aria-labelledby={`charts-${stage}`}>
            <Title order={2} size="h4" id={`charts-${stage}`}>
              {STAGE_TITLES[stage]}
            </Title>
            {hasValues ? (
              <div className="rounds-charts">
                {charts.map((spec) => (
                  <ChartOf key={spec.title} spec={spec} series={series} />
                ))}
              </div>
            ) : (
              <Text size="sm" c="dimmed">
                {isRunning
                  ? 'No values yet: the curves begin with this stage.'
                  : 'No curves: the round ended before their first values.'}
              </Text>
            )}
          </section>
        );
      })}
    </>
  );
}

function ChartOf({ spec, series }: { spec: ChartSpec; series: readonly MetricSeries[] }) {
  const { steps, values } = useMemo(() => columnsOf(spec, series), [spec, series]);
  return <Chart spec={spec} steps={steps} values={values} />;
}
