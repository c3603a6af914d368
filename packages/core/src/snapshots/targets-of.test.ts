import { describe, expect, test } from 'vitest';
import { marksOf, thumbsOf } from './marks-of.ts';
import { targetsOf } from './targets-of.ts';

const nothing = {
  outcome: 'ok' as const,
  shownOrder: ['a', 'b', 'c'],
  ranks: null,
  strength: null,
  scores: null,
  edits: null,
  demonstration: null,
};
const ids = ['a', 'b', 'c'];

describe('texts to imitate', () => {
  test('are the ideal answer, edited texts, and what was put first', () => {
    const said = {
      ...nothing,
      demonstration: 'Ideal.',
      edits: { b: 'Better.' },
      ranks: { a: 2, b: 1, c: null },
    };
    expect(targetsOf(said, ids)).toEqual([
      { source: 'demonstration', weight: 1, text: 'Ideal.' },
      { source: 'correction', weight: 1, text: 'Better.' },
      { source: 'chosen', weight: 1, output: 1 },
    ]);
  });

  test('tied for the first place share the weight of one judgement', () => {
    expect(targetsOf({ ...nothing, ranks: { a: 1, b: 1, c: 2 } }, ids)).toEqual([
      { source: 'chosen', weight: 0.5, output: 0 },
      { source: 'chosen', weight: 0.5, output: 1 },
    ]);
  });

  test('are none where nothing is preferred, nothing was written, or the task was skipped', () => {
    expect(targetsOf({ ...nothing, ranks: { a: 1, b: 1, c: 1 }, demonstration: ' ' }, ids)).toEqual([]);
    expect(targetsOf({ ...nothing, outcome: 'skipped', demonstration: 'Ideal.' }, ids)).toEqual([]);
  });
});

describe('marks', () => {
  const dimension = (id: string, scale: '0-5' | 'thumbs') => ({
    id,
    label: id,
    help: '',
    scale,
    required: true,
  });
  const form = { ratings: { dimensions: [dimension('style', '0-5'), dimension('fine', 'thumbs')] } };
  const said = { outcome: 'ok' as const, scores: { a: { style: 4, fine: 1 }, c: { fine: 0 } } };

  test("are those of the form's first dimension where none is called overall", () => {
    expect(marksOf(said, ids, form)).toEqual([{ output: 0, value: 4, scale: '0-5' }]);
    const overall = { ratings: { dimensions: [dimension('style', '0-5'), dimension('overall', '0-5')] } };
    expect(marksOf({ ...said, scores: { b: { style: 1, overall: 5 } } }, ids, overall)).toEqual([
      { output: 1, value: 5, scale: '0-5' },
    ]);
  });

  test('are thumbs only where the form asks for thumbs', () => {
    expect(thumbsOf(said, ids, form).map(({ output, value }) => [output, value])).toEqual([
      [0, 1],
      [2, 0],
    ]);
    expect(thumbsOf(said, ids, { ratings: { dimensions: [dimension('style', '0-5')] } })).toEqual([]);
    expect(thumbsOf({ ...said, outcome: 'skipped' }, ids, form)).toEqual([]);
  });
});
