import type { FormSpec, LeasedTask } from '@rankloop/contracts';
import { expect, it } from 'vitest';
import { reduceAnswer } from '../answer/answer-reducer.ts';
import { EMPTY_DRAFT } from '../answer/draft.ts';
import { clearAction, digitAction, groupKey, groupsOf, nextOpenGroup } from './groups.ts';

function taskWith(form: FormSpec, ids: string[]): LeasedTask {
  return {
    leaseId: 'lease',
    taskId: 'task',
    expiresAt: '2030-01-01T00:00:00Z',
    form,
    formVersionId: 'form',
    conversation: [],
    outputs: ids.map((id) => ({ id, text: id })),
  };
}
const dimension = (id: string, scale: '1-10' | 'thumbs') => ({
  id,
  label: id,
  help: '',
  scale,
  required: true,
});
const RANKING = taskWith({ ranking: { allowTies: true, allowPartial: true } }, ['a', 'b', 'c']);
const RATED = taskWith(
  { ratings: { dimensions: [dimension('tone', '1-10'), dimension('safe', 'thumbs')] } },
  ['a', 'b'],
);

it('ranks K outputs in K digits: the focus moves on by itself', () => {
  let draft = EMPTY_DRAFT;
  let [group] = groupsOf(RANKING);
  for (const digit of [2, 1, 2]) {
    if (!group) throw new Error('no group');
    const action = digitAction(RANKING, group, digit);
    if (action) draft = reduceAnswer(RANKING, draft, action);
    group = nextOpenGroup(RANKING, draft, group);
  }
  expect(draft.places).toEqual({ a: 2, b: 1, c: 2 });
});

it('walks through the ratings of one output before the next', () => {
  expect(groupsOf(RATED).map(groupKey)).toEqual(['rate:a:tone', 'rate:a:safe', 'rate:b:tone', 'rate:b:safe']);
});

it('takes 0 for ten, and for thumbs down', () => {
  expect(digitAction(RATED, { kind: 'rate', id: 'a', dimension: 'tone' }, 0)).toMatchObject({ value: 10 });
  expect(digitAction(RATED, { kind: 'rate', id: 'a', dimension: 'safe' }, 0)).toMatchObject({ value: 0 });
  expect(digitAction(RATED, { kind: 'rate', id: 'a', dimension: 'safe' }, 5)).toBeNull();
});

it('reads 1 to 7 as the two ends of a comparison', () => {
  const task = taskWith({ comparison: { allowTie: true, allowBothBad: true } }, ['a', 'b']);
  expect([1, 4, 7, 8].map((digit) => digitAction(task, { kind: 'scale' }, digit))).toEqual([
    { type: 'strength', value: -3 },
    { type: 'strength', value: 0 },
    { type: 'strength', value: 3 },
    null,
  ]);
});

it('comes back to an output that was passed over', () => {
  const draft = reduceAnswer(RANKING, EMPTY_DRAFT, { type: 'place', id: 'c', at: 1 });
  expect(nextOpenGroup(RANKING, draft, { kind: 'rank', id: 'c' })).toEqual({ kind: 'rank', id: 'a' });
});

it('has nothing to take back on a scale', () => {
  expect(clearAction({ kind: 'scale' })).toBeNull();
});
