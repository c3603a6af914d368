import { describe, expect, it } from 'vitest';
import { KTO_SETTINGS, KtoConfig } from './kto.ts';
import { REWARD_SETTINGS, RewardConfig } from './reward.ts';
import type { Setting } from './settings.ts';
import { SFT_SETTINGS, SftConfig } from './sft.ts';

describe('the settings of the recipes that learn from what people gave', () => {
  it.each([
    ['sft', SftConfig, SFT_SETTINGS],
    ['reward', RewardConfig, REWARD_SETTINGS],
    ['kto', KtoConfig, KTO_SETTINGS],
  ] as const)(
    'of %s have the described defaults, and every description has a setting',
    (_, schema, settings) => {
      const described = Object.entries<Setting>(settings).map(([key, setting]) => [key, setting.default]);
      expect(schema.parse({})).toEqual(Object.fromEntries(described));
    },
  );

  it('leave supervised training something to learn', () => {
    const none = { demonstrations: false, corrections: false, chosen: false };
    expect(SftConfig.safeParse(none).success).toBe(false);
    expect(SftConfig.safeParse({ ...none, chosen: true }).success).toBe(true);
  });

  it('leave one side of the thumbs a weight', () => {
    const accepts = (desirableWeight: number, undesirableWeight: number) =>
      KtoConfig.safeParse({ desirableWeight, undesirableWeight }).success;
    expect([accepts(0, 0), accepts(1, 0), accepts(0, 1)]).toEqual([false, true, true]);
  });

  it.each([{ marginScale: 1 }, { centering: 0.01 }])('keep %j to pairs', (setting) => {
    const accepts = (objective: string) => RewardConfig.safeParse({ objective, ...setting }).success;
    expect(REWARD_SETTINGS.objective.choices.filter(accepts)).toEqual(['pairs']);
  });
});
