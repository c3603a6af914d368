import { describe, expect, it } from 'vitest';
import type { Outcome } from './attempt.ts';
import { compareMethods, savedByPtx } from './compare.ts';
import { seedsNamed } from './sizes.ts';
import { formatMethods } from './table.ts';

const figures = { proxyWin: 60, gold: 0, baseGold: 0, proxy: 0, kl: 1, words: 5 };
const outcome = (
  method: string,
  arm: Outcome['arm'],
  seed: number,
  goldWin: number,
  forgotten = 0,
): Outcome => ({
  world: 'style',
  method,
  arm,
  seed,
  figures: { ...figures, goldWin, forgotten },
  diverged: null,
  seconds: 1,
  processorSeconds: 1,
});

describe('the comparison of methods', () => {
  it('pairs the arms by seed, whatever their order', () => {
    const [line] = compareMethods([
      outcome('ppo', 'twin', 2, 55),
      outcome('ppo', 'true', 1, 60),
      outcome('ppo', 'true', 2, 65),
      outcome('ppo', 'twin', 1, 50),
    ]);
    // Both differences are exactly 10: paired, there is no doubt.
    expect(line?.goldOverTwin).toMatchObject({ mean: 10, low: 10, high: 10 });
    expect(line?.goldOverBase.mean).toBe(12.5);
  });

  it('counts only seeds that have both arms', () => {
    const [line] = compareMethods([
      outcome('ppo', 'true', 1, 60),
      outcome('ppo', 'twin', 1, 50),
      outcome('ppo', 'true', 2, 99),
    ]);
    expect(line?.goldOverBase.seeds).toBe(1);
  });

  it('corrects over all methods of a world', () => {
    const runs = (method: string) =>
      [61, 64, 66].flatMap((gold, i) => [
        outcome(method, 'true', i, gold),
        outcome(method, 'twin', i, 50 + i),
      ]);
    const [alone] = compareMethods(runs('ppo'));
    const [among] = compareMethods([...runs('ppo'), ...runs('raft'), ...runs('rest')]);
    expect(among?.adjusted.overBase).toBeGreaterThan(alone?.adjusted.overBase ?? 1);
  });

  it('takes what ppo-ptx kept of the notes seed by seed', () => {
    const saved = savedByPtx([
      outcome('ppo', 'true', 1, 60, 0.5),
      outcome('ppo-ptx', 'true', 1, 60, 0.1),
      outcome('ppo', 'true', 2, 60, 0.7),
      outcome('ppo-ptx', 'true', 2, 60, 0.3),
    ]);
    expect(saved.mean).toBeCloseTo(0.4);
  });

  it('prints proxy, gold and KL each with its interval, and what could have been detected', () => {
    const runs = [
      [1, 60, 50],
      [2, 70, 54],
    ].flatMap(([seed = 0, gold = 0, twin = 0]) => [
      outcome('ppo', 'true', seed, gold),
      outcome('ppo', 'twin', seed, twin),
    ]);
    const [headings = '', , row = ''] = formatMethods(compareMethods(runs)).split('\n');
    const cell = (heading: string, after = 0) =>
      row.split(' | ')[headings.split(' | ').findIndex((one) => one.includes(heading)) + after];
    expect(cell('proxy win')).toBe('60.0');
    expect(cell('proxy win', 1)).toBe('60.0 .. 60.0');
    expect(cell('gold win')).toBe('65.0');
    // 65 ± 12.706 · 7.071 / √2
    expect(cell('gold win', 1)).toBe('1.5 .. 128.5');
    expect(cell('KL')).toBe('1.00');
    expect(cell('KL', 1)).toBe('1.00 .. 1.00');
    expect(Number(cell('detectable'))).toBeGreaterThan(63);
  });
});

it.each([
  ['3', [1, 2, 3]],
  ['5..7', [5, 6, 7]],
])('"%s" names the seeds %j', (words, seeds) => {
  expect(seedsNamed(words)).toEqual(seeds);
});

it.each(['', '0', '8..5', 'all', '3.'])('"%s" names no seeds, and is refused', (words) => {
  expect(() => seedsNamed(words)).toThrow(/names no seeds/);
});
