import { describe, expect, it } from 'vitest';
import { DPO_LOSSES } from './dpo-losses.ts';
import { DPO_SETTINGS, DpoConfig } from './dpo.ts';

describe('the settings of direct preference optimisation', () => {
  it('have the described defaults, and every description has a setting', () => {
    const described = Object.entries(DPO_SETTINGS).map(([key, setting]) => [key, setting.default]);
    expect(DpoConfig.parse({})).toEqual(Object.fromEntries(described));
  });

  it('name every loss that is described', () => {
    expect([...DPO_SETTINGS.loss.choices].sort()).toEqual(Object.keys(DPO_LOSSES).sort());
  });

  it('allow label smoothing only where the loss knows it', () => {
    const accepts = (loss: string) => DpoConfig.safeParse({ loss, labelSmoothing: 0.1 }).success;
    expect(DPO_SETTINGS.loss.choices.filter(accepts)).toEqual([
      'sigmoid',
      'cdpo',
      'robust',
      'exo-pair',
      'aot',
      'aot-unpaired',
    ]);
  });

  it('ask cdpo and exo-pair for a share of wrong preferences, and nobody else', () => {
    const refuses = (loss: string) => !DpoConfig.safeParse({ loss }).success;
    expect(DPO_SETTINGS.loss.choices.filter(refuses)).toEqual(['cdpo', 'exo-pair']);
  });

  it('allow another divergence only where the lead alone counts', () => {
    const accepts = (loss: string, more = {}) =>
      DpoConfig.safeParse({ loss, labelSmoothing: 0, divergence: 'forward-kl', ...more }).success;
    expect(DPO_SETTINGS.loss.choices.filter((loss) => accepts(loss))).toEqual([
      'sigmoid',
      'robust',
      'hinge',
      'ipo',
      'discopop',
    ]);
    expect(accepts('exo-pair', { labelSmoothing: 0.001 })).toBe(true);
    expect(accepts('sigmoid', { sftWeight: 1 })).toBe(true);
    expect(accepts('sigmoid', { bcoWeight: 1 })).toBe(false);
  });

  it.each([
    [{ loss: 'hinge', labelSmoothing: 0.1 }, /^Only cdpo, robust, exo-pair, aot and aot-unpaired know wrong/],
    [{ loss: 'exo-pair' }, /^exo-pair compares with preferences that are not certain/],
    [{ loss: 'sft', sftWeight: 1 }, /^The loss is sft already/],
    [{ loss: 'bco-pair', bcoWeight: 1 }, /^The loss is bco-pair already/],
    [{ loss: 'aot', batchPairs: 1 }, /^aot and aot-unpaired compare the pairs of a step/],
    [{ loss: 'aot', divergence: 'js-divergence' }, /^Only sigmoid, .* and discopop know another/],
  ])('say what to do about %j', (config, message) => {
    const { error } = DpoConfig.safeParse(config);
    expect(error?.issues.map((issue) => issue.message)).toEqual([expect.stringMatching(message)]);
  });
});
