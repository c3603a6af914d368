import { findMetric, type MetricSeries, type RecipeName } from '@rankloop/contracts';
import type { ChartColumns, ChartSpec } from './chart-spec.ts';
import { KNOWN_CHARTS } from './charts-known.ts';

/** The charts that a stage has values for, each series in the first that fits. */
export function chartsOf(recipe: RecipeName | null, names: ReadonlySet<string>): ChartSpec[] {
  const drawn = new Set<string>();
  return KNOWN_CHARTS.filter(({ recipes, series }) => {
    if (recipes !== undefined && (recipe === null || !recipes.includes(recipe))) return false;
    const fits = series.some(({ metric }) => names.has(metric) && !drawn.has(metric));
    if (fits) for (const { metric } of series) drawn.add(metric);
    return fits;
  });
}

/** One plain chart for each series that no known chart of the stage shows. */
export function otherCharts(known: readonly ChartSpec[], names: ReadonlySet<string>): ChartSpec[] {
  const drawn = new Set<string>(known.flatMap((spec) => spec.series.map(({ metric }) => metric)));
  return [...names]
    .filter((name) => !drawn.has(name))
    .sort()
    .map(chartOf);
}

/** A chart of one metric. */
function chartOf(name: string): ChartSpec {
  const info = findMetric(name);
  return {
    title: info === null ? name : capitalised(info.label),
    good: info?.help ?? 'as recorded',
    series: [{ metric: name, label: name, colour: 1 }],
  };
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Columns for a chart: the steps of all its series, and each series' value at them or null. */
export function columnsOf(spec: ChartSpec, ofStage: readonly MetricSeries[]): ChartColumns {
  const series = spec.series.map(({ metric }) => ofStage.find(({ name }) => name === metric));
  return joinSteps(series.map((one) => one ?? { steps: [], values: [] }));
}

/** Curves over all of their steps, each with a gap where it has no value. */
export function joinSteps(curves: readonly Pick<MetricSeries, 'steps' | 'values'>[]): ChartColumns {
  const x = [...new Set(curves.flatMap(({ steps }) => steps))].sort((a, b) => a - b);
  const values = curves.map((one) => {
    const at = new Map(one.steps.map((step, i) => [step, one.values[i] ?? null]));
    return x.map((step) => at.get(step) ?? null);
  });
  return { x, values };
}
