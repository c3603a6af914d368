import { describe, expect, it } from 'vitest';
import { generateCorpus } from './corpus.ts';
import { goldScore } from './gold.ts';
import { demoPrompts, findItemOfPrompt } from './prompts.ts';

const reviews = generateCorpus({ seed: 7, count: 6000 }).filter(({ mood }) => mood !== null);
const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

describe('the corpus', () => {
  it('is the same for the same seed and another for another', () => {
    expect(generateCorpus({ seed: 3, count: 50 })).toEqual(generateCorpus({ seed: 3, count: 50 }));
    expect(generateCorpus({ seed: 3, count: 50 })).not.toEqual(generateCorpus({ seed: 4, count: 50 }));
  });

  it('holds thousands of different reviews, whatever the item', () => {
    const masked = reviews.map(({ prompt, completion }) =>
      completion.replaceAll(findItemOfPrompt(prompt)?.name ?? '?', 'X'),
    );
    expect(new Set(reviews.map(({ completion }) => completion)).size).toBeGreaterThan(5000);
    expect(new Set(masked).size).toBeGreaterThan(4000);
  });

  it('scores each mood better than the one before', () => {
    const byMood = [0, 1, 2, 3, 4, 5].map((mood) =>
      mean(reviews.filter((r) => r.mood === mood).map((r) => goldScore(r.prompt, r.completion))),
    );
    expect(byMood).toEqual([...byMood].sort((a, b) => a - b));
  });

  it('lies between 20 and 40 % of the range of the gold', () => {
    const gold = mean(reviews.map((r) => goldScore(r.prompt, r.completion)));
    expect(gold).toBeGreaterThan(0.2);
    expect(gold).toBeLessThan(0.4);
  });
});

describe('the prompts', () => {
  it('are 600 to learn from and 400 held out, with no item in both', () => {
    const { training, heldOut } = demoPrompts;
    expect([training.length, heldOut.length]).toEqual([600, 400]);
    const names = [...training, ...heldOut].map(({ item }) => item.name);
    expect(new Set(names).size).toBe(1000);
  });

  it('each name an item that can be found again', () => {
    for (const { text, item } of [...demoPrompts.training, ...demoPrompts.heldOut]) {
      expect(findItemOfPrompt(text)).toBe(item);
    }
  });
});
