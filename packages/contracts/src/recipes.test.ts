import { describe, expect, it } from 'vitest';
import { ROUND_PRESETS, ROUND_SETTING_SECTIONS, RoundConfig, type Setting } from './recipes.ts';

const defaults = RoundConfig.parse({});
const sections = Object.entries(ROUND_SETTING_SECTIONS).map(([name, settings]) => {
  const { recipe: _recipe, reward: _reward, ppo: _ppo, sampling: _sampling, ...own } = defaults;
  const values =
    name === 'round' ? own : RoundConfig.parse({})[name === 'reward' || name === 'ppo' ? name : 'sampling'];
  return {
    name,
    settings: Object.entries<Setting>(settings),
    values: new Map<string, unknown>(Object.entries(values)),
  };
});

describe('the settings of a round', () => {
  it.each(sections)(
    '$name: every value has a description with that default, and the other way round',
    (section) => {
      expect([...section.values.keys()].sort()).toEqual(section.settings.map(([key]) => key).sort());
      for (const [key, setting] of section.settings)
        expect(section.values.get(key), key).toBe(setting.default);
    },
  );

  it.each(sections)(
    '$name: numbers stay within their limits, and beyond them are refused',
    ({ name, settings }) => {
      for (const [key, setting] of settings) {
        if (setting.kind !== 'number' && setting.kind !== 'integer') continue;
        const withValue = (value: number) =>
          name === 'round' ? { [key]: value } : { [name]: { [key]: value } };
        const isAccepted = (value: number) => RoundConfig.safeParse(withValue(value)).success;
        expect([setting.min, setting.max, setting.default].every(isAccepted), key).toBe(true);
        expect([setting.min - 1, setting.max + 1, NaN, Infinity].some(isAccepted), key).toBe(false);
      }
    },
  );

  it.each(sections)('$name: the help is one line of plain text', ({ settings }) => {
    for (const [, { label, help, literature }] of settings) {
      expect(help).toMatch(/^[^\n]{8,120}\.$/);
      expect(label.length).toBeLessThanOrEqual(45);
      expect(literature).not.toBe('');
    }
  });

  it('refuse a name that does not exist', () => {
    expect(RoundConfig.safeParse({ ppo: { learningrate: 1 } }).success).toBe(false);
  });
});

describe('presets', () => {
  it('are complete and valid', () => {
    for (const { config } of Object.values(ROUND_PRESETS)) expect(RoundConfig.parse(config)).toEqual(config);
    expect(ROUND_PRESETS.standard.config).toEqual(defaults);
  });
});
