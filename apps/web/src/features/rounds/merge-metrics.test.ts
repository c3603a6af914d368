import type { MetricSeries } from '@rankloop/contracts';
import { describe, expect, it } from 'vitest';
import { chartsOf, columnsOf, otherCharts } from './chart-specs.ts';
import { mergeMetrics, MOST_POINTS } from './merge-metrics.ts';

const roundId = '00000000-0000-4000-8000-000000000001';
const news = (step: number, values: Record<string, number>) => ({
  roundId,
  stage: 'ppo',
  step,
  totalSteps: 10,
  values,
});
const kl = { stage: 'ppo', name: 'objective/kl', steps: [1, 2], values: [0.1, 0.2] };

describe('live metrics', () => {
  it('go to the end of their own curve and leave the others as they are', () => {
    const other = { stage: 'reward', name: 'loss', steps: [1], values: [0.7] };
    const merged = mergeMetrics([kl, other], news(3, { 'objective/kl': 0.3 }));
    expect(merged[0]).toEqual({ ...kl, steps: [1, 2, 3], values: [0.1, 0.2, 0.3] });
    expect(merged[1]).toBe(other);
  });

  it('begin a curve that was not there', () => {
    expect(mergeMetrics([], news(1, { 'objective/kl': 0 }))).toEqual([
      { stage: 'ppo', name: 'objective/kl', steps: [1], values: [0] },
    ]);
  });

  it('told twice are there once', () => {
    const once = mergeMetrics([kl], news(3, { 'objective/kl': 0.3 }));
    expect(mergeMetrics(once, news(3, { 'objective/kl': 0.3 }))).toEqual(once);
  });

  it('of a stage that began again replace the curve of the attempt before', () => {
    expect(mergeMetrics([kl], news(1, { 'objective/kl': 0.5 }))).toEqual([
      { ...kl, steps: [1], values: [0.5] },
    ]);
  });
});

describe('a page that stays open', () => {
  it('does not grow however many steps it is told, and keeps the newest, the first and every extreme', () => {
    let series: MetricSeries[] = [];
    for (let step = 1; step <= 8000; step++) {
      const value = step === 3777 ? 99 : step === 6345 ? -99 : Math.sin(step);
      series = mergeMetrics(series, news(step, { loss: value }));
    }
    const [curve] = series;
    if (!curve) throw new Error('no curve');
    const { steps, values } = curve;
    expect(steps.length).toBeLessThanOrEqual(MOST_POINTS);
    expect(values).toHaveLength(steps.length);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect([steps[0], steps.at(-1)]).toEqual([1, 8000]);
    expect([values[steps.indexOf(3777)], values[steps.indexOf(6345)]]).toEqual([99, -99]);
  });
});

describe('the columns of a chart', () => {
  it('share their steps, with a gap where a series has no value', () => {
    const [spec] = chartsOf('ppo', new Set(['objective/scores']));
    if (!spec) throw new Error('no such chart');
    const score = { stage: 'ppo', name: 'objective/scores', steps: [1, 3], values: [1, 3] };
    const reward = { stage: 'ppo', name: 'objective/rlhf_reward', steps: [1, 2], values: [10, 20] };
    expect(columnsOf(spec, [score, reward])).toEqual({
      x: [1, 2, 3],
      values: [
        [1, null, 3],
        [10, 20, null],
      ],
    });
  });
});

describe('the charts of a stage', () => {
  it('are those that it has values for, whatever the stage is called', () => {
    const titles = (...args: Parameters<typeof chartsOf>) => chartsOf(...args).map(({ title }) => title);
    expect(titles('reward', new Set(['loss', 'accuracy']))).toEqual([
      'Reward accuracy, share of training pairs',
      'Reward loss, nats per pair',
    ]);
    expect(titles('dpo', new Set(['loss', 'rewards/margins']))).toEqual([
      'Lead of the preferred outputs over the reference, nats',
      'Loss',
    ]);
    expect(titles('sft', new Set())).toEqual([]);
  });

  it('leave no series out', () => {
    const names = new Set(['loss', 'something/new', 'kept']);
    const known = chartsOf('rso', names);
    expect(otherCharts(known, names).map(({ title }) => title)).toEqual(['Candidates kept', 'something/new']);
  });
});
