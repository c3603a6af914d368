import { expect, test } from 'vitest';
import { findHealthNotes, type RoundSigns } from './round-health.ts';

const well: RoundSigns = {
  state: 'running',
  silentMs: 500,
  hasWorker: true,
  metrics: new Map([
    ['objective/kl', { first: 0, newest: 2, steps: 20 }],
    ['objective/entropy', { first: 40, newest: 35, steps: 20 }],
    ['policy/clipfrac_avg', { first: 0, newest: 0.1, steps: 20 }],
    ['explained_variance', { first: 0, newest: 0.4, steps: 20 }],
  ]),
  report: { rewardAccuracy: { value: 0.7, low: 0.6, high: 0.8, n: 40 } },
  divergenceKl: 60,
};
const levels = (signs: Partial<RoundSigns>) =>
  findHealthNotes({ ...well, ...signs }).map(({ level }) => level);
const withMetric = (name: string, first: number, newest: number) =>
  levels({ metrics: new Map([...well.metrics, [name, { first, newest, steps: 20 }]]) });

test('a round that is well has no notes', () => {
  expect(levels({})).toEqual([]);
});

test('each limit that is crossed is a note', () => {
  expect(withMetric('objective/kl', 0, 12)).toEqual(['warning']);
  expect(withMetric('objective/kl', 0, 55)).toEqual(['danger']);
  expect(withMetric('objective/entropy', 40, 10)).toEqual(['warning']);
  expect(withMetric('policy/clipfrac_avg', 0, 0.5)).toEqual(['warning']);
  expect(withMetric('explained_variance', 0, -0.2)).toEqual(['info']);
  expect(withMetric('objective/kl', 0, -2)).toEqual(['warning']);
  expect(withMetric('policy/approxkl_avg', 0, 0.2)).toEqual(['warning']);
  expect(withMetric('val/ratio', 1, 1.5)).toEqual(['warning']);
  expect(withMetric('val/num_eos_tokens', 60, 20)).toEqual(['warning']);
  expect(withMetric('frac_reward_zero_std', 0, 0.9)).toEqual(['warning']);
  expect(levels({ report: { rewardAccuracy: { value: 0.55, low: 0.45, high: 0.65, n: 9 } } })).toEqual([
    'warning',
  ]);
});

test('noise around a limit is no note', () => {
  expect(withMetric('objective/kl', 0, -0.4)).toEqual([]);
  expect(withMetric('policy/approxkl_avg', 0, 0.02)).toEqual([]);
  expect(withMetric('val/ratio', 1, 1.05)).toEqual([]);
  expect(withMetric('val/num_eos_tokens', 0, 0)).toEqual([]);
});

test('a policy that gets no score because the reward model is not believed is said so', () => {
  const [note] = findHealthNotes({ ...well, report: { ...well.report, rewardConfidence: 0 } });
  expect(note?.text).toContain('gets no score');
});

test('silence is a danger only while a worker should speak', () => {
  expect(levels({ silentMs: 20_000 })).toEqual(['danger']);
  expect(levels({ silentMs: 20_000, state: 'succeeded' })).toEqual([]);
  expect(levels({ silentMs: 20_000, state: 'queued', hasWorker: false })).toEqual(['warning']);
  expect(levels({ silentMs: 20_000, state: 'queued', hasWorker: true })).toEqual([]);
});
