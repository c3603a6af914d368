import { expect, test } from 'vitest';
import { judgementsInWords } from './judgements-in-words.ts';

test('judgements that nothing can be learned from are told apart from the others', () => {
  expect(judgementsInWords({ judgements: 403, useful: 398, prompts: 290 })).toBe(
    '403 judgements so far. 398 of them, of 290 prompts, can be learned from; 5 were skipped or could not be ranked.',
  );
  expect(judgementsInWords({ judgements: 3, useful: 3, prompts: 1 })).toBe(
    '3 judgements so far, of 1 prompt.',
  );
});
