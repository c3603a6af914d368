import { expect, test } from 'vitest';
import { columnsOf, type Output } from './sample-columns.ts';

const output = (policy: Output['policy'], step: number, text: string): Output => ({
  policy,
  step,
  text,
  tokens: null,
  score: null,
  kl: null,
});
const base = output('base', 0, 'It is a kettle.');
const now = output('now', 3, 'I love the kettle.');
const titles = (outputs: Output[], step = 9) => columnsOf({ outputs }, step).map(({ title }) => title);

test('base, before and now stand side by side', () => {
  const before = output('before', 0, 'It will do.');
  expect(titles([base, before, output('now', 1, 'early'), now])).toEqual([
    'Base',
    'Before this round',
    'Now, iteration 3',
  ]);
  expect(titles([base, before, output('now', 1, 'early'), now], 2)).toContain('Now, iteration 1');
});

test('an output that the base and the policy before share is shown once, and now is compared with it', () => {
  const columns = columnsOf({ outputs: [base, { ...base, policy: 'before' }, now] }, 9);
  expect(columns.map(({ title }) => title)).toEqual(['Base and before this round', 'Now, iteration 3']);
  expect(columns[1]?.against?.text).toBe(base.text);
});

test('what was not drawn yet has no column', () => {
  expect(titles([output('before', 0, 'It will do.')])).toEqual(['Before this round']);
});
