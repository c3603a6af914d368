import { ROUND_PRESETS } from '@rankloop/contracts';
import { describe, expect, it } from 'vitest';
import { changedFields, configOf, draftOf, FIELDS, problemOf } from './config-draft.ts';

const field = (path: string) => {
  const found = FIELDS.find((one) => one.path === path);
  if (!found) throw new Error(`no field ${path}`);
  return found;
};

describe('the settings form', () => {
  it.each(Object.values(ROUND_PRESETS))(
    'gives back the configuration "$label" that it was filled with',
    ({ config }) => {
      expect(configOf(config.recipe, draftOf(config))).toEqual(config);
    },
  );

  it('takes numbers as people write them', () => {
    const draft = { ...draftOf(ROUND_PRESETS.standard.config), 'ppo.learningRate': '3e-4' };
    expect(configOf('ppo', draft)?.ppo.learningRate).toBe(0.0003);
  });

  it('names the limits of a number outside of them, and gives no configuration', () => {
    const path = 'outputsPerTask';
    expect(problemOf(field(path), '1')).toBe('Give a whole number from 2 to 16');
    expect(problemOf(field(path), '2.5')).not.toBeNull();
    expect(problemOf(field(path), '')).not.toBeNull();
    expect(problemOf(field('ppo.learningRate'), '3e-')).not.toBeNull();
    expect(configOf('ppo', { ...draftOf(ROUND_PRESETS.standard.config), [path]: '1' })).toBeNull();
  });

  it('says which settings were changed', () => {
    const start = draftOf(ROUND_PRESETS.standard.config);
    expect(changedFields({ ...start, seed: '7' }, start).map(({ path }) => path)).toEqual(['seed']);
  });
});
