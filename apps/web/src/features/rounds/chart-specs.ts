import type { MetricSeries, RecipeName } from '@rankloop/contracts';
import type { ChartSpec } from './chart-spec.ts';
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
  const drawn = new Set(known.flatMap((spec) => spec.series.map(({ metric }) => metric)));
  return [...names]
    .filter((name) => !drawn.has(name))
    .sort()
    .map((name) => ({
      title: name,
      good: 'as recorded',
      series: [{ metric: name, label: name, colour: 1 }],
    }));
}

/** Columns for a chart: the steps of all its series, and each series' value at them or null. */
export function columnsOf(
  spec: ChartSpec,
  ofStage: readonly MetricSeries[],
): { steps: number[]; values: (number | null)[][] } {
  const series = spec.series.map(({ metric }) => ofStage.find(({ name }) => name === metric));
  const steps = [...new Set(series.flatMap((one) => one?.steps ?? []))].sort((a, b) => a - b);
  const values = series.map((one) => {
    const at = new Map(one?.steps.map((step, i) => [step, one.values[i] ?? null]));
    return steps.map((step) => at.get(step) ?? null);
  });
  return { steps, values };
}
