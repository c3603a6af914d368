import { expect, test } from 'vitest';
import { countDistinct } from './distinct.ts';

test('one sentence about two items counts once, two sentences count twice', () => {
  const prompts = [{ text: 'Review of the blue kettle:' }, { text: 'My view of the red lamp:' }];
  expect(countDistinct(prompts, [' I love the blue kettle.', ' I love the red lamp.'])).toBe(1);
  expect(countDistinct(prompts, [' I love the blue kettle.', ' I hate the red lamp.'])).toBe(2);
});
