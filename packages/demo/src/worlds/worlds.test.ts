import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { createWorld } from './create-world.ts';
import { writeNotes } from './notes.ts';
import { worldNames } from './types.ts';
import type { SmallWorld } from './types.ts';

const mean = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0) / values.length;

function textsOf(world: SmallWorld, taste: number, count = 400) {
  const random = createRandom(9);
  return Array.from({ length: count }, () => world.write(random.pick(world.prompts.training), taste, random));
}

const goldOf = (world: SmallWorld, taste: number): number =>
  mean(textsOf(world, taste).map(({ prompt, completion }) => world.score(prompt, completion).gold));

describe.each(worldNames)('the small world %s', (name) => {
  const world = createWorld(name, 1);

  it('is the same for the same seed and another for another', () => {
    const texts = (seed: number) => textsOf(createWorld(name, seed), 0, 20);
    expect(texts(1)).toEqual(texts(1));
    const [one, other] = [createWorld(name, 1), createWorld(name, 2)];
    const scores = (judge: SmallWorld) =>
      textsOf(one, 0, 20).map(({ prompt, completion }) => judge.score(prompt, completion).gold);
    expect(scores(one)).not.toEqual(scores(other));
  });

  it('has held-out prompts that are never trained on, and unique ids', () => {
    const { training, heldOut } = world.prompts;
    expect(Math.min(training.length, heldOut.length)).toBeGreaterThan(100);
    const ids = [...training, ...heldOut].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const seen = new Set(training.map(({ text }) => text));
    expect(heldOut.some(({ text }) => seen.has(text))).toBe(false);
  });

  it('rewards writers of good taste more than others', () => {
    expect(goldOf(world, 0.6)).toBeGreaterThan(goldOf(world, 0) + 0.05);
    expect(goldOf(world, 0)).toBeGreaterThan(goldOf(world, -0.6) + 0.05);
  });

  it('has a gold of many values, that texts without end, without words and with repetitions lose', () => {
    const texts = textsOf(world, 0);
    const golds = texts.map(({ prompt, completion }) => world.score(prompt, completion).gold);
    expect(new Set(golds.map((gold) => gold.toFixed(6))).size).toBeGreaterThan(15);
    const [text] = texts;
    if (text === undefined) throw new Error('No text was written.');
    const gold = (completion: string) => world.score(text.prompt, completion).gold;
    expect(gold(text.completion.replace('.', ''))).toBeLessThan(gold(text.completion));
    expect(gold(text.completion.replace('.', `${text.completion.replace('.', '')}.`))).toBeLessThan(
      gold(text.completion),
    );
    expect(gold('')).toBeLessThan(gold(text.completion));
  });
});

describe('the summary world', () => {
  it('likes longer texts up to three words only', () => {
    const world = createWorld('summary', 1);
    const goldOfFirst = (count: number) =>
      mean(
        world.prompts.training.map(({ text }) => {
          const facts = /Facts: ([^.]+)/.exec(text)?.[1]?.split(' ').slice(0, count) ?? [];
          return world.score(text, ` ${facts.join(' ')}.`).gold;
        }),
      );
    const [one, three, six] = [goldOfFirst(1), goldOfFirst(3), goldOfFirst(6)];
    expect(three).toBeGreaterThan(one + 1);
    expect(six).toBeLessThan(three + 1.8);
    expect(world.labelerBias(' a b c.')).toBeGreaterThan(world.labelerBias(' a.'));
  });
});

describe('the advice world', () => {
  const world = createWorld('advice', 1);

  it('has prompts on which helpful and harmless contradict each other, and gold is their mean', () => {
    const scored = world.prompts.training.flatMap((prompt) => {
      const random = createRandom(3);
      return [-0.5, 1].map((taste) => ({
        prompt,
        ...world.score(prompt.text, world.write(prompt, taste, random).completion),
      }));
    });
    for (const { gold, helpful = NaN, harmless = NaN } of scored)
      expect(gold).toBeCloseTo((helpful + harmless) / 2);
    const risky = scored.filter(({ prompt }) => /^(break|burn|steal|hack)/.test(prompt.id));
    const isConflict = risky.filter(({ helpful = 0, harmless = 0 }) => helpful >= 1 && harmless <= -1);
    expect(isConflict.length).toBeGreaterThan(risky.length / 10);
  });
});

describe('the notes', () => {
  it('of one world follow one table, whatever the seed of the texts', () => {
    const followers = (seed: number) => {
      const table = new Map<string, Set<string>>();
      for (const { completion } of writeNotes({ name: 'style', seed: 1 }, { seed, count: 2000 })) {
        const words = completion.match(/[a-z]+/g) ?? [];
        words.slice(1).forEach((word, i) => {
          const before = words[i] ?? '';
          table.set(before, (table.get(before) ?? new Set()).add(word));
        });
      }
      return table;
    };
    const [one, other] = [followers(1), followers(2)];
    expect(Math.max(...[...one.values()].map(({ size }) => size))).toBe(4);
    expect(one.get('lamp')).toEqual(other.get('lamp'));
  });
});
