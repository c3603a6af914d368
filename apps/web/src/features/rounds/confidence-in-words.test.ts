import { expect, it } from 'vitest';
import { confidenceInWords } from './confidence-in-words.ts';

const rewardAccuracy = { value: 0.74, low: 0.66, high: 0.82, n: 29 };
const words = (rewardConfidence: number, isOver = true) =>
  confidenceInWords({ rewardAccuracy, rewardConfidence }, isOver);

it('says that the policy stays where the labels do not confirm the reward model', () => {
  expect(words(0)).toBe('The labels do not confirm the reward model, so the policy was not moved.');
  expect(words(0, false)).toContain('is not moved');
});

it('says how much of the score counts, and never rounds a part to nothing or to all', () => {
  expect(words(0.82)).toContain('82 % of its score');
  expect(words(0.001)).toContain('1 % of its score');
  expect(words(0.999)).toContain('99 % of its score');
  expect(words(1)).toContain('in full');
});

it('claims no confirmation where no label was held out, and nothing before it is known', () => {
  expect(confidenceInWords({ rewardConfidence: 1 }, true)).toContain('No label was held out');
  expect(confidenceInWords({ rewardAccuracy }, true)).toBeNull();
});
