import { expect, test } from 'vitest';
import { compareSpec } from './compare-spec.ts';

test('no two of twenty rounds look the same, and stages are named only where a round has several', () => {
  const curves = Array.from({ length: 20 }, (_, i) => ({ roundNumber: i + 1, stage: 'ppo' }));
  const { series } = compareSpec('objective/kl', curves);
  expect(new Set(series.map(({ colour, dash }) => `${colour} ${String(dash)}`)).size).toBe(20);
  expect(series[4]?.label).toBe('round 5');
  const two = compareSpec('loss', [
    { roundNumber: 3, stage: 'sft' },
    { roundNumber: 3, stage: 'reward' },
  ]);
  expect(two.series.map(({ label }) => label)).toEqual(['round 3, sft', 'round 3, reward']);
});

test('a metric of another version is drawn under its own name', () => {
  expect(compareSpec('old/name', [])).toMatchObject({ title: 'old/name', good: 'as recorded' });
});
