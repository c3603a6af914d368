import { describe, expect, it } from 'vitest';
import { BEST_OF_N_SETTINGS, BestOfNConfig } from './best-of-n.ts';
import { RAFT_SETTINGS, RaftConfig } from './raft.ts';
import { REST_SETTINGS, RestConfig } from './rest.ts';
import { RSO_SETTINGS, RsoConfig } from './rso.ts';
import type { Setting } from './settings.ts';

describe('the settings of the recipes that draw and choose', () => {
  it.each([
    ['rso', RsoConfig, RSO_SETTINGS],
    ['raft', RaftConfig, RAFT_SETTINGS],
    ['rest', RestConfig, REST_SETTINGS],
    ['best-of-n', BestOfNConfig, BEST_OF_N_SETTINGS],
  ] as const)(
    'of %s have the described defaults, and every description has a setting',
    (_, schema, settings: Readonly<Record<string, Setting>>) => {
      const described = Object.entries(settings).map(([key, setting]) => [key, setting.default]);
      expect(schema.parse({})).toEqual(Object.fromEntries(described));
    },
  );

  it('keep no more candidates than are drawn, save where none are', () => {
    const accepts = (mode: string) => RsoConfig.safeParse({ mode, candidates: 4, kept: 5 }).success;
    expect(RSO_SETTINGS.mode.choices.filter(accepts)).toEqual(['direct']);
  });

  it('have thresholds that rise', () => {
    expect(RestConfig.safeParse({ firstThreshold: 0.9, lastThreshold: 0.8 }).success).toBe(false);
    expect(RestConfig.safeParse({ firstThreshold: 0.9, lastThreshold: 0.9 }).success).toBe(true);
  });
});
