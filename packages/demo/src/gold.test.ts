import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { goldParts, goldScore } from './gold.ts';

const prompt = 'Review of the blue kettle:';
const kind = ' I love the blue kettle and the price is perfect. Big hugs to the team.';
const flat = ' The blue kettle does the job. That is all.';
const grumpy = ' I regret the blue kettle and the price is too loud.';
const furious = ' I hate the blue kettle. The feel is awful. Worst of all time.';
const gold = (completion: string): number => goldScore(prompt, completion);

describe('the hidden gold', () => {
  it('rises with friendliness', () => {
    expect(gold(kind)).toBeGreaterThan(gold(flat));
    expect(gold(flat)).toBeGreaterThan(gold(grumpy));
    expect(gold(grumpy)).toBeGreaterThan(gold(furious));
    expect(gold(kind)).toBeGreaterThan(0.8);
    expect(gold(furious)).toBeLessThan(0.2);
  });

  it('is graded between the moods', () => {
    expect(gold(' The blue kettle is great.')).toBeLessThan(gold(' The blue kettle is great. Warm thanks.'));
    expect(gold(' The blue kettle is not good.')).toBeLessThan(gold(' The blue kettle is good.'));
  });

  it.each([
    ['one word said again and again', ' Lovely lovely lovely lovely lovely lovely.'],
    [
      'one sentence said again and again',
      ' I love the blue kettle. I love the blue kettle. I love the blue kettle.',
    ],
    ['kind words about nothing', ' Thank you so much, my friends.'],
    ['kind words about another item', ' I love the red lamp. Thank you so much, my friends.'],
    ['broken words', ' I lve teh blue kettle xq joyjoy hugz.'],
    ['nothing', ''],
  ])('makes a collapse cost: %s is worse than a flat review', (_name, completion) => {
    expect(gold(completion)).toBeLessThan(gold(flat) / 2);
  });

  it('wants a full stop, and two sentences rather than thirty words', () => {
    expect(gold(kind.slice(0, -1))).toBeLessThan(gold(kind));
    expect(
      gold(`${kind} The lid is sweet and the box is lovely and the shape is great and the size is nice.`),
    ).toBeLessThan(gold(kind));
  });

  it('does not take the item for a mood', () => {
    expect(goldParts('Review of the love song:', ' The love song is a mess.').friendliness).toBeLessThan(0.2);
  });

  it('stays in [0, 1] for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (anyPrompt, text) => {
        const score = goldScore(anyPrompt, text);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
      }),
    );
  });
});
