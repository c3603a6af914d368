import { expect, it } from 'vitest';
import { actionInWords, detailInWords } from './audit-in-words.ts';

it('an action is told in words, one of another version as it is written', () => {
  expect(actionInWords('round.started')).toBe('Round started');
  expect(actionInWords('galaxy.folded')).toBe('galaxy.folded');
});

it('a detail that is true is told by its name, and one that is false or empty not at all', () => {
  const detail = { fileName: 'pairs.jsonl', withJudgements: true, isCurrent: false, note: '', lines: 12 };
  expect(detailInWords(detail)).toBe('file name pairs.jsonl, with judgements, lines 12');
  expect(detailInWords({ form: false, role: null })).toBe('-');
});
