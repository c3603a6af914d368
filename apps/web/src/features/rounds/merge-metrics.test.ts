import { describe, expect, it } from 'vitest';
import { chartsOf, columnsOf, otherCharts } from './chart-specs.ts';
import { mergeMetrics } from './merge-metrics.ts';

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

describe('the columns of a chart', () => {
  it('share their steps, with a gap where a series has no value', () => {
    const [spec] = chartsOf('ppo', new Set(['objective/scores']));
    if (!spec) throw new Error('no such chart');
    const score = { stage: 'ppo', name: 'objective/scores', steps: [1, 3], values: [1, 3] };
    const reward = { stage: 'ppo', name: 'objective/rlhf_reward', steps: [1, 2], values: [10, 20] };
    expect(columnsOf(spec, [score, reward])).toEqual({
      steps: [1, 2, 3],
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
    const names = new Set(['loss', 'something/new']);
    const known = chartsOf('rso', names);
    expect(otherCharts(known, names).map(({ title }) => title)).toEqual(['something/new']);
  });
});
