import type { MetricEventData, MetricSeries } from '@rankloop/contracts';
import type { z } from 'zod';

type MetricNews = z.infer<typeof MetricEventData>;

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
    return {
      ...one,
      steps: [...one.steps.slice(0, kept), news.step],
      values: [...one.values.slice(0, kept), value],
    };
  });
  const fresh = [...left].map(([name, value]) => ({
    stage: news.stage,
    name,
    steps: [news.step],
    values: [value],
  }));
  return [...merged, ...fresh];
}
