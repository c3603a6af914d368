import type { MetricEventData, MetricSeries } from '@rankloop/contracts';
import type { z } from 'zod';

type MetricNews = z.infer<typeof MetricEventData>;

/** More than a chart is wide. Live steps beyond it thin the curve, or a page that stays open would grow for ever. */
export const MOST_POINTS = 2000;

/**
 * Curves with the newest step added. A step that is already there is replaced; one before the end of a curve means that
 * the stage began again, so what came after it is dropped.
 */
export function mergeMetrics(series: readonly MetricSeries[], news: MetricNews): MetricSeries[] {
  const left = new Map(Object.entries(news.values));
  const merged = series.map((one) => {
    const value = one.stage === news.stage ? left.get(one.name) : undefined;
    if (value === undefined) return one;
    left.delete(one.name);
    const kept = one.steps.filter((step) => step < news.step).length;
    return halvedWhenLong({
      ...one,
      steps: [...one.steps.slice(0, kept), news.step],
      values: [...one.values.slice(0, kept), value],
    });
  });
  const fresh = [...left].map(([name, value]) => ({
    stage: news.stage,
    name,
    steps: [news.step],
    values: [value],
  }));
  return [...merged, ...fresh];
}

/** Of each four neighbours the lowest and the highest stay, and so do both ends. */
function halvedWhenLong(series: MetricSeries): MetricSeries {
  const { steps, values } = series;
  if (steps.length <= MOST_POINTS) return series;
  const kept = new Set([0, steps.length - 1]);
  for (let from = 0; from < steps.length; from += 4) {
    const run = values.slice(from, from + 4);
    kept.add(from + run.indexOf(Math.min(...run)));
    kept.add(from + run.indexOf(Math.max(...run)));
  }
  const isKept = (_: number, i: number) => kept.has(i);
  return { ...series, steps: steps.filter(isKept), values: values.filter(isKept) };
}
