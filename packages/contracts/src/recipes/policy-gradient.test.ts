import { describe, expect, it } from 'vitest';
import { ONLINE_SETTINGS, OnlineConfig } from './online.ts';
import { PPO_SETTINGS, PpoConfig } from './ppo.ts';
import { REINFORCE_SETTINGS, ReinforceConfig, usualChoices } from './reinforce.ts';
import type { Setting } from './settings.ts';

describe('the settings of the policy-gradient recipes', () => {
  it.each([
    ['ppo', PpoConfig, PPO_SETTINGS],
    ['reinforce', ReinforceConfig, REINFORCE_SETTINGS],
    ['online', OnlineConfig, ONLINE_SETTINGS],
  ] as const)(
    'of %s have the described defaults, and every description has a setting',
    (_, schema, settings) => {
      const described = Object.entries<Setting>(settings).map(([key, setting]) => [key, setting.default]);
      expect(schema.parse({})).toEqual(Object.fromEntries(described));
    },
  );

  it('ask for several outputs of a prompt where they are compared with each other', () => {
    const accepts = (estimator: string) =>
      ReinforceConfig.safeParse({ estimator, outputsPerPrompt: 1 }).success;
    expect(REINFORCE_SETTINGS.estimator.choices.filter(accepts)).toEqual(['reinforce']);
  });

  it('refuse the estimator that has no gradient in the loss', () => {
    const accepts = (more: object) => ReinforceConfig.safeParse({ klEstimator: 'k1', ...more }).success;
    expect([accepts({ klPlace: 'reward' }), accepts({ estimator: 'rloo' })]).toEqual([true, true]);
    expect([accepts({ klPlace: 'loss' }), accepts({ estimator: 'grpo' })]).toEqual([false, false]);
  });

  it('leave the simple form of PPO what it has: no place of the score, and three estimators', () => {
    const accepts = (more: object) => PpoConfig.safeParse({ form: 'simple', ...more }).success;
    expect(PPO_SETTINGS.klEstimator.choices.filter((klEstimator) => accepts({ klEstimator }))).toEqual([
      'k1',
      'k2',
      'k3',
    ]);
    expect(accepts({ scorePlace: 'after-end' })).toBe(false);
    expect(PpoConfig.safeParse({ klEstimator: 'abs', scorePlace: 'after-end' }).success).toBe(true);
  });

  it('give each estimator the choices that it is known for, and leave a named choice alone', () => {
    const usual = (more: object) => usualChoices(ReinforceConfig.parse(more));
    expect(usual({ estimator: 'rloo' })).toEqual({
      klPlace: 'reward',
      klEstimator: 'k1',
      scaleAdvantages: 'none',
      ratio: 'sequence',
      aggregation: 'outputs',
    });
    expect(usual({ estimator: 'grpo' })).toEqual({
      klPlace: 'loss',
      klEstimator: 'k3',
      scaleAdvantages: 'group',
      ratio: 'token',
      aggregation: 'tokens',
    });
    expect(usual({ estimator: 'grpo', ratio: 'sequence-mean' }).ratio).toBe('sequence-mean');
  });
});
