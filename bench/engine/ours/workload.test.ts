import { expect, test } from 'vitest';
import { randomPairs, secondsOfSteps, WARM_UP_STEPS } from './workload.ts';

test('the time of the warm-up is in no step', () => {
  const warmUpEnds = Array.from({ length: WARM_UP_STEPS }, (_, i) => 1000 * (i + 1));
  const last = warmUpEnds.at(-1) ?? NaN;
  expect(secondsOfSteps([...warmUpEnds, last + 50, last + 130])).toEqual([0.05, 0.08]);
});

test('every text has the length that its tokens are counted with', () => {
  const dirs = { policyDir: '', rewardDir: '', outDir: '' };
  const pairs = randomPairs(3, { ...dirs, batch: 1, promptTokens: 5, outputTokens: 7, steps: 1 });
  expect(pairs).toHaveLength(3);
  for (const { promptText, completions } of pairs) {
    expect([promptText, ...completions].map((text) => text.length)).toEqual([5, 7, 7]);
  }
});
