import { ROUND_PRESETS } from '@rankloop/contracts';
import { describe, expect, it } from 'vitest';
import { toYaml } from '../../lib/to-yaml.ts';
import { readRoundYaml } from './round-yaml.ts';

describe('a round as YAML', () => {
  it.each(Object.values(ROUND_PRESETS))('says "$label" so that it reads back the same', ({ config }) => {
    expect(readRoundYaml(toYaml(config))).toEqual({ config, problems: [] });
  });

  it('tells the line of what is wrong', () => {
    const text = 'seed: 3\nstages:\n  - recipe: dpo\n    config:\n      beta: 0.1\n      epoch: 2\n';
    const { config, problems } = readRoundYaml(text);
    expect(config).toBeNull();
    expect(problems).toEqual([
      {
        path: ['stages', 0, 'config', 'epoch'],
        message: 'There is no "epoch" here. Did you mean "epochs"?',
        line: 6,
      },
    ]);
  });

  it('tells the line where it stops being YAML', () => {
    const { problems } = readRoundYaml('seed: 1\nstages: [\n');
    expect(problems[0]?.message).toMatch(/^This is not YAML: /);
    // Found only when its values are put together.
    expect(readRoundYaml('seed: *elsewhere\n').problems[0]?.message).toMatch(/^This is not YAML: .*alias/);
    expect(problems[0]?.line).toBeGreaterThan(1);
  });

  it('is a whole round when it only says how it differs', () => {
    expect(readRoundYaml('seed: 5').config).toEqual({ ...ROUND_PRESETS.standard.config, seed: 5 });
  });
});
