import type { FormSpec, LeasedTask } from '@rankloop/contracts';
import { describe, expect, it } from 'vitest';
import { reduceAnswer, type AnswerAction } from './answer-reducer.ts';
import { draftOf, EMPTY_DRAFT, sameAnswer, toBody } from './draft.ts';
import { missingInWords } from './missing.ts';

const ids = ['a', 'b', 'c'].map((letter) => `00000000-0000-4000-8000-00000000000${letter}`);
const [A = '', B = '', C = ''] = ids;

function taskWith(form: FormSpec, count = 3): LeasedTask {
  return {
    leaseId: '10000000-0000-4000-8000-000000000000',
    taskId: '20000000-0000-4000-8000-000000000000',
    expiresAt: '2030-01-01T00:00:00Z',
    form,
    formVersionId: '30000000-0000-4000-8000-000000000000',
    conversation: [{ role: 'user', content: 'Write a review' }],
    outputs: ids.slice(0, count).map((id) => ({ id, text: `text of ${id}` })),
  };
}

function answer(task: LeasedTask, ...actions: AnswerAction[]) {
  return actions.reduce((draft, action) => reduceAnswer(task, draft, action), EMPTY_DRAFT);
}

const RANKING = taskWith({ ranking: { allowTies: true, allowPartial: true } });
const COMPARISON = taskWith({ comparison: { allowTie: true, allowBothBad: true } }, 2);
const RATINGS = taskWith({
  ratings: { dimensions: [{ id: 'overall', label: 'Overall', help: '', scale: '0-5', required: true }] },
});
const CORRECTION = taskWith({ correction: { required: true } }, 1);

describe('an answer', () => {
  it('that nobody acted on is no answer: the shown order never counts', () => {
    expect(toBody(EMPTY_DRAFT, RANKING, 10)).toEqual({ outcome: 'ok', activeMs: 10 });
    expect(missingInWords(RANKING, toBody(EMPTY_DRAFT, RANKING, 10))).toBe('Rank the outputs');
  });

  it('is complete after K digits, the same digit twice being a tie', () => {
    const draft = answer(
      RANKING,
      { type: 'place', id: A, at: 2 },
      { type: 'place', id: B, at: 1 },
      { type: 'place', id: C, at: 2 },
    );
    const body = toBody(draft, RANKING, 0);
    expect(body.ranks).toEqual({ [A]: 2, [B]: 1, [C]: 2 });
    expect(missingInWords(RANKING, body)).toBeNull();
  });

  it('ignores what its form does not ask for', () => {
    expect(answer(COMPARISON, { type: 'place', id: A, at: 1 })).toBe(EMPTY_DRAFT);
    expect(answer(RANKING, { type: 'strength', value: 1 })).toBe(EMPTY_DRAFT);
    expect(answer(RANKING, { type: 'toggleBothBad' })).toBe(EMPTY_DRAFT);
    expect(answer(RANKING, { type: 'edit', id: A, text: 'x' })).toBe(EMPTY_DRAFT);
    expect(answer(RATINGS, { type: 'score', id: A, dimension: 'overall', value: 6 })).toBe(EMPTY_DRAFT);
    expect(answer(RANKING, { type: 'place', id: 'foreign', at: 1 })).toBe(EMPTY_DRAFT);
    expect(answer(RANKING, { type: 'place', id: A, at: 4 })).toBe(EMPTY_DRAFT);
  });

  it('goes back to a ranking when an output is ranked after "none can be ranked"', () => {
    const draft = answer(RANKING, { type: 'toggleUnrankable' }, { type: 'place', id: A, at: 1 });
    expect(draft.outcome).toBe('ok');
  });

  it('names the outputs that still need a mark', () => {
    const draft = answer(RATINGS, { type: 'score', id: B, dimension: 'overall', value: 0 });
    expect(missingInWords(RATINGS, toBody(draft, RATINGS, 0))).toBe('Rate "Overall": A, C');
  });

  it('takes back a mark', () => {
    const scored = answer(RATINGS, { type: 'score', id: B, dimension: 'overall', value: 3 });
    expect(
      reduceAnswer(RATINGS, scored, { type: 'score', id: B, dimension: 'overall', value: null }),
    ).toEqual(EMPTY_DRAFT);
  });

  it('does not take an unchanged text for a correction', () => {
    const draft = answer(CORRECTION, { type: 'edit', id: A, text: `text of ${A}` });
    expect(missingInWords(CORRECTION, toBody(draft, CORRECTION, 0))).toBe('Edit the output, or skip');
    const edited = reduceAnswer(CORRECTION, draft, { type: 'edit', id: A, text: 'better' });
    expect(toBody(edited, CORRECTION, 0).edits).toEqual({ [A]: 'better' });
    expect(reduceAnswer(CORRECTION, edited, { type: 'restore', id: A }).edits).toEqual({});
  });

  it('opened again says the same as when it was sent', () => {
    const draft = answer(
      COMPARISON,
      { type: 'strength', value: -2 },
      { type: 'comment', text: 'close' },
      { type: 'critique', id: A, text: 'warm' },
    );
    const body = toBody(draft, COMPARISON, 5);
    expect(sameAnswer(toBody(draftOf(body), COMPARISON, 900), body)).toBe(true);
  });
});
