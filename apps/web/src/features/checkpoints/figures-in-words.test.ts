import { expect, it } from 'vitest';
import { figuresInWords } from './figures-in-words.ts';

const interval = { value: 0.712, low: 0.64, high: 0.781, n: 40 };

it('a policy tells its win rate and whose it is, its mean KL and its mean score', () => {
  const final = { 'objective/kl': 3.14159, 'objective/scores': 1.25, 'policy/entropy': 2 };
  const row = { kind: 'policy', metrics: { final, episodes: 512, seconds: 4 } } as const;
  expect(figuresInWords({ ...row, winRate: { ...interval, judge: 'gold' } })).toEqual([
    'Gold win rate over the base 71 % (64 to 78 %)',
    'Mean KL 3.14 nats',
    'Mean score 1.25',
  ]);
  expect(figuresInWords({ ...row, winRate: { ...interval, judge: 'reward model' } })[0]).toBe(
    'Win rate over the base 71 % (64 to 78 %)',
  );
});

it('a reward model tells its held-out accuracy, or that none could be had, and what it learned from', () => {
  const metrics = { heldOutAccuracy: interval, trainPairs: 812, trainPrompts: 1, calibration: [] };
  const row = { kind: 'reward', winRate: null } as const;
  expect(figuresInWords({ ...row, metrics })).toEqual([
    'Held-out accuracy 71 % (64 to 78 %)',
    'Learned from 812 pairs of 1 prompt',
  ]);
  expect(figuresInWords({ ...row, metrics: { ...metrics, heldOutAccuracy: null } })[0]).toContain(
    'No held-out',
  );
});

it('a model that no round has made tells nothing', () => {
  for (const kind of ['policy', 'reward'] as const)
    expect(figuresInWords({ kind, metrics: {}, winRate: null })).toEqual([]);
});
