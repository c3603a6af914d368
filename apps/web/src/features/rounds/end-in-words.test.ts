import { expect, it } from 'vitest';
import { endInWords } from './end-in-words.ts';

it('a round that ended without a new policy says why, what is safe and what to do', () => {
  expect(endInWords({ state: 'failed', reason: 'The disk is full' })).toBe(
    'The disk is full. The policy in use and all judgements stay as they are. Retry keeps what its finished stages have made.',
  );
  expect(
    endInWords({ state: 'diverged', reason: 'The loss was not a number: lower the learning rate.' }),
  ).toMatch(
    /^The loss was not a number: lower the learning rate\. The policy in use .* With the same settings/,
  );
});

it('a cancelled round does not say a second time that it was cancelled', () => {
  expect(endInWords({ state: 'cancelled', reason: 'Cancelled. The policy in use stays.' })).toMatch(
    /^The policy/,
  );
});

it('any other round says what it says of itself', () => {
  expect(endInWords({ state: 'queued', reason: 'It waits for a worker.' })).toBe('It waits for a worker.');
  expect(endInWords({ state: 'succeeded', reason: null })).toBe('');
});
