import { describe, expect, it } from 'vitest';
import { DPO_SETTINGS, DpoConfig } from './dpo.ts';

describe('the settings of direct preference optimisation', () => {
  it('have the described defaults, and every description has a setting', () => {
    const described = Object.entries(DPO_SETTINGS).map(([key, setting]) => [key, setting.default]);
    expect(DpoConfig.parse({})).toEqual(Object.fromEntries(described));
  });

  it('allow label smoothing only where the loss knows it', () => {
    const accepts = (loss: string) => DpoConfig.safeParse({ loss, labelSmoothing: 0.1 }).success;
    expect(DPO_SETTINGS.loss.choices.filter(accepts)).toEqual(['sigmoid', 'cdpo', 'robust']);
  });

  it('ask cdpo for a share of wrong preferences', () => {
    expect(DpoConfig.safeParse({ loss: 'cdpo' }).success).toBe(false);
    expect(DpoConfig.safeParse({ loss: 'robust' }).success).toBe(true);
  });
});
