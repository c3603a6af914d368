'use client';

import { Text, Title } from '@mantine/core';
import type { MetricSeries, StageView } from '@rankloop/contracts';
import { useMemo, useState } from 'react';
import { Chart } from './chart.tsx';
import type { ChartSpec } from './chart-spec.ts';
import { chartsOf, columnsOf, otherCharts } from './chart-specs.ts';
import { stageTitle } from './stage-words.ts';

interface RoundChartsProps {
  stages: readonly StageView[];
  series: readonly MetricSeries[];
  isRunning: boolean;
}

/** All curves of a round, by stage, the last stage first; a stage without values says so. */
export function RoundCharts({ stages, series, isRunning }: RoundChartsProps) {
  return stages
    .filter(({ recipe }) => recipe !== null)
    .toReversed()
    .map((stage) => (
      <StageCharts
        key={stage.name}
        stage={stage}
        series={series.filter((one) => one.stage === stage.name)}
        isRunning={isRunning}
      />
    ));
}

interface StageChartsProps {
  stage: StageView;
  /** Of this stage. */
  series: readonly MetricSeries[];
  isRunning: boolean;
}

function StageCharts({ stage, series, isRunning }: StageChartsProps) {
  // The specifications stay the same objects while the same series are there: a chart is not built anew for a new point.
  const names = series.map(({ name }) => name).join('\n');
  const { known, others } = useMemo(() => {
    const present = new Set(names === '' ? [] : names.split('\n'));
    const charts = chartsOf(stage.recipe, present);
    return { known: charts, others: otherCharts(charts, present) };
  }, [stage.recipe, names]);
  const [isOpen, setIsOpen] = useState(false);
  const id = `charts-${stage.name}`;
  return (
    <section className="rl-section" aria-labelledby={id}>
      <Title order={2} size="h4" id={id}>
        {stageTitle(stage)}
      </Title>
      {series.length === 0 ? (
        <Text size="sm" c="dimmed">
          {isRunning
            ? 'No values yet: the curves begin with this stage.'
            : 'No curves: the stage ended before its first values.'}
        </Text>
      ) : (
        <div className="rounds-charts">
          {known.map((spec) => (
            <ChartOf key={spec.title} spec={spec} series={series} />
          ))}
        </div>
      )}
      {others.length > 0 && (
        <details
          className="rl-details"
          open={isOpen}
          onToggle={(event) => setIsOpen(event.currentTarget.open)}
        >
          <summary>All other curves ({others.length})</summary>
          {isOpen && (
            <div className="rounds-charts">
              {others.map((spec) => (
                <ChartOf key={spec.title} spec={spec} series={series} />
              ))}
            </div>
          )}
        </details>
      )}
    </section>
  );
}

function ChartOf({ spec, series }: { spec: ChartSpec; series: readonly MetricSeries[] }) {
  const columns = useMemo(() => columnsOf(spec, series), [spec, series]);
  return <Chart spec={spec} columns={columns} />;
}
