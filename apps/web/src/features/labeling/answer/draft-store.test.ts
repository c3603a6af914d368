import { expect, it } from 'vitest';
import { parseDraft } from './draft-store.ts';
import { EMPTY_DRAFT } from './draft.ts';

const stored = (draft: unknown) => JSON.stringify({ draft, activeMs: 1200, savedAt: 5 });

it('gives back a draft as it was kept', () => {
  const draft = { ...EMPTY_DRAFT, places: { a: 1, b: null }, scores: { a: { tone: 4 } }, comment: 'short' };
  expect(parseDraft(stored(draft))).toEqual({ draft, activeMs: 1200, savedAt: 5 });
});

it('takes a draft of an older version, with what it did not know left empty', () => {
  expect(parseDraft(stored({ outcome: 'ok', places: { a: 2 } }))?.draft).toEqual({
    ...EMPTY_DRAFT,
    places: { a: 2 },
  });
});

it.each([
  ['places that are no map', { places: 5 }],
  ['a score that is no number', { scores: { a: { tone: 'good' } } }],
  ['an outcome that nobody knows', { outcome: 'perhaps' }],
])('drops a draft with %s, so that its task still opens', (_, draft) => {
  expect(parseDraft(stored(draft))).toBeNull();
});

it('drops what is no JSON, and nothing', () => {
  expect(parseDraft('{')).toBeNull();
  expect(parseDraft(null)).toBeNull();
});
