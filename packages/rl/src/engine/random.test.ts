import { describe, expect, it } from 'vitest';
import { Random, type RandomState } from './random.ts';

describe('the seeded generator', () => {
  it('draws the same numbers for the same seed on every machine', () => {
    const random = new Random(42);
    expect([random.uint32(), random.uint32(), random.uint32()]).toEqual([660444221, 3652823732, 77678286]);
  });

  it('continues from its exported state, through JSON, bit for bit', () => {
    const random = new Random(7);
    for (let i = 0; i < 5; i++) random.normal();
    const state: RandomState = JSON.parse(JSON.stringify(random.state())) as RandomState; // what was written
    const twin = Random.fromState(state);
    for (let i = 0; i < 20; i++)
      expect([twin.normal(), twin.below(10)]).toEqual([random.normal(), random.below(10)]);
  });

  it('gives neighbouring seeds and items unrelated streams', () => {
    const firsts = [
      ...Array.from({ length: 500 }, (_, seed) => new Random(seed).uint32()),
      ...Array.from({ length: 500 }, (_, item) => Random.forItem(1, item).uint32()),
      new Random(2 ** 32).uint32(),
      new Random(-1).uint32(),
    ];
    expect(new Set(firsts).size).toBe(firsts.length);
    const mean = firsts.reduce((sum, value) => sum + value / 2 ** 32, 0) / firsts.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.05);
  });

  it('has the moments of its distributions', () => {
    const random = new Random(3);
    const draws = Array.from({ length: 20_000 }, () => random.normal());
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.04);
    const counts = [0, 0, 0];
    for (let i = 0; i < 30_000; i++) {
      const face = random.below(3);
      counts[face] = (counts[face] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(350);
    for (let i = 0; i < 1000; i++) expect(random.uniform()).toBeLessThan(1);
  });

  it('shuffles without losing or doubling an item', () => {
    const items = Array.from({ length: 50 }, (_, i) => i);
    const shuffled = new Random(1).shuffled(items);
    expect(shuffled).not.toEqual(items);
    expect(shuffled.toSorted((a, b) => a - b)).toEqual(items);
  });

  it('refuses what is no seed and no range', () => {
    expect(() => new Random(0.5)).toThrow('whole number');
    expect(() => new Random(1).below(0)).toThrow('1..2^32');
  });
});
