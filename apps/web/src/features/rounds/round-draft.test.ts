import { ROUND_PRESETS, RoundConfig } from '@rankloop/contracts';
import { describe, expect, it } from 'vitest';
import { configOf, countChanges, draftOf, moveStage, newStage, renameStage } from './round-draft.ts';

const parse = (config: unknown) => RoundConfig.parse(config);
const helpfulHarmless = parse({
  stages: [
    { name: 'helpful', recipe: 'reward' },
    { name: 'harmless', recipe: 'reward' },
    {
      recipe: 'ppo',
      reference: 'base',
      reward: [
        { stage: 'helpful', weight: 1 },
        { stage: 'harmless', weight: 0.5 },
      ],
    },
  ],
});

describe('the form of a round', () => {
  it.each(Object.values(ROUND_PRESETS))(
    'gives back the round "$label" that it was filled with',
    ({ config }) => {
      expect(parse(configOf(draftOf(config)))).toEqual(config);
    },
  );

  it('gives back inputs by name and several reward models with their weights', () => {
    expect(parse(configOf(draftOf(helpfulHarmless)))).toEqual(helpfulHarmless);
  });

  it('takes numbers as people write them, and leaves what is not one to be refused', () => {
    const draft = draftOf(ROUND_PRESETS.dpo.config);
    const typed = (beta: string) => ({
      ...draft,
      stages: draft.stages.map((stage) => ({ ...stage, settings: { ...stage.settings, beta } })),
    });
    expect(parse(configOf(typed('5e-2'))).stages[0]?.config).toMatchObject({ beta: 0.05 });
    for (const wrong of ['5e-', '', '1000'])
      expect(RoundConfig.safeParse(configOf(typed(wrong))).success).toBe(false);
  });
});

describe('the list of stages', () => {
  const { stages } = draftOf(helpfulHarmless);
  const names = (list: typeof stages) => list.map(({ name }) => name);

  it('moves a stage by one place, and not beyond the ends', () => {
    expect(names(moveStage(stages, 2, -1))).toEqual(['helpful', 'ppo', 'harmless']);
    expect(names(moveStage(stages, 0, -1))).toEqual(['helpful', 'harmless', 'ppo']);
    expect(names(moveStage(stages, 2, 1))).toEqual(['helpful', 'harmless', 'ppo']);
  });

  it('lets the stages that take from another follow its new name', () => {
    const renamed = renameStage(stages, 1, 'safe');
    expect(renamed[2]?.rewards).toEqual([
      { stage: 'helpful', weight: '1' },
      { stage: 'safe', weight: '0.5' },
    ]);
  });

  it('adds a stage that takes what the ones before it made, under a free name', () => {
    const added = newStage(stages, 'ppo');
    expect(added).toMatchObject({
      name: 'ppo-2',
      inputs: { policy: 'ppo' },
      rewards: [{ stage: 'harmless' }],
    });
    expect(newStage([], 'dpo')).toMatchObject({ name: 'dpo', inputs: { policy: 'start' } });
  });
});

it('changes are counted one by one, also in lists', () => {
  expect(countChanges(helpfulHarmless, helpfulHarmless)).toBe(0);
  expect(countChanges({ a: 1, b: [{ c: 2 }] }, { a: 2, b: [{ c: 3 }] })).toBe(2);
});
