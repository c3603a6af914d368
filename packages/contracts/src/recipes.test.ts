import { describe, expect, it } from 'vitest';
import {
  RECIPES,
  RecipeName,
  ROUND_PRESETS,
  ROUND_SETTINGS,
  RoundConfig,
  SAMPLING_SETTINGS,
  type Setting,
} from './recipes.ts';

const defaults = RoundConfig.parse({});
const { stages: _stages, sampling, ...own } = defaults;
/** Enough around a stage to be a round. */
const roundOf = (recipe: RecipeName, config: object) => ({
  stages: [...(RECIPES[recipe].inputs.includes('reward') ? [{ recipe: 'reward' }] : []), { recipe, config }],
});
const sections = [
  { name: 'round', settings: ROUND_SETTINGS, values: own, place: (values: object) => values },
  {
    name: 'sampling',
    settings: SAMPLING_SETTINGS,
    values: sampling,
    place: (values: object) => ({ sampling: values }),
  },
  ...RecipeName.options.map((name) => ({
    name,
    settings: RECIPES[name].settings,
    values: RoundConfig.parse(roundOf(name, {})).stages.at(-1)?.config ?? {},
    place: (values: object) => roundOf(name, values),
  })),
].map(({ settings, values, ...section }) => ({
  ...section,
  settings: Object.entries<Setting>(settings),
  values: new Map<string, unknown>(Object.entries(values)),
}));

describe('the settings of a round', () => {
  it.each(sections)(
    '$name: every value has a description with that default, and the other way round',
    (section) => {
      expect([...section.values.keys()].sort()).toEqual(section.settings.map(([key]) => key).sort());
      for (const [key, setting] of section.settings)
        expect(section.values.get(key), key).toBe(setting.default);
    },
  );

  it.each(sections)('$name: numbers beyond their limits are refused', ({ place, settings }) => {
    for (const [key, setting] of settings) {
      if (setting.kind !== 'number' && setting.kind !== 'integer') continue;
      const isAccepted = (value: number) => RoundConfig.safeParse(place({ [key]: value })).success;
      expect(isAccepted(setting.default), key).toBe(true);
      expect([setting.min - 1, setting.max + 1, NaN, Infinity].some(isAccepted), key).toBe(false);
    }
  });

  it.each(sections)('$name: the help is one line of plain text', ({ settings }) => {
    for (const [key, { label, help, literature }] of settings) {
      expect(help, key).toMatch(/^[^\n]{8,150}\.$/);
      expect(label.length, key).toBeLessThanOrEqual(45);
      expect(literature, key).not.toBe('');
    }
  });

  it('refuse a name that does not exist', () => {
    expect(RoundConfig.safeParse({ ppo: { learningrate: 1 } }).success).toBe(false);
    expect(RoundConfig.safeParse(roundOf('dpo', { learningrate: 1 })).success).toBe(false);
    expect(RoundConfig.safeParse({ recipes: [] }).success).toBe(false);
  });
});

describe('presets', () => {
  it('are complete and valid', () => {
    for (const { config } of Object.values(ROUND_PRESETS)) expect(RoundConfig.parse(config)).toEqual(config);
    expect(ROUND_PRESETS.standard.config).toEqual(defaults);
  });

  it('use every recipe', () => {
    const used = Object.values(ROUND_PRESETS).flatMap(({ config }) => config.stages);
    expect(new Set(used.map(({ recipe }) => recipe))).toEqual(new Set(RecipeName.options));
  });

  it('demo: the settings that its figures were measured with', () => {
    const { stages } = ROUND_PRESETS.demo.config;
    expect(stages).toMatchObject([
      {
        name: 'reward',
        config: { learningRate: 5e-4, batchPrompts: 16, epochs: 3, objective: 'pairs', members: 1 },
      },
      {
        name: 'ppo',
        policy: 'start',
        reward: 'reward',
        config: {
          form: 'actor-critic',
          iterations: 50,
          episodesPerIteration: 64,
          learningRate: 3e-4,
          criticLearningRate: 5e-4,
          klCoefficient: 0.3,
          klControl: 'fixed',
          maxNewTokens: 40,
          weighByConfidence: true,
          ptxCoefficient: 0,
        },
      },
    ]);
  });
});

describe('a round that was stored as a reward model and PPO', () => {
  it('reads as these two stages', () => {
    const old = {
      recipe: 'ppo',
      outputsPerTask: 3,
      newTasks: 8,
      comparePrompts: 8,
      seed: 5,
      reward: { epochs: 3 },
      ppo: { klCoefficient: 0.3 },
      sampling: { maxNewTokens: 16 },
    };
    expect(RoundConfig.parse(old)).toEqual(
      RoundConfig.parse({
        outputsPerTask: 3,
        newTasks: 8,
        comparePrompts: 8,
        seed: 5,
        stages: [
          { name: 'reward', recipe: 'reward', from: 'start', config: { epochs: 3 } },
          { name: 'ppo', recipe: 'ppo', policy: 'start', reward: 'reward', config: { klCoefficient: 0.3 } },
        ],
        sampling: { maxNewTokens: 16 },
      }),
    );
  });

  it('is not mixed with the new shape, nor with a recipe that never was', () => {
    expect(RoundConfig.safeParse({ stages: [{ recipe: 'dpo' }], ppo: {} }).success).toBe(false);
    expect(RoundConfig.safeParse({ recipe: 'magic', ppo: {} }).success).toBe(false);
  });
});
