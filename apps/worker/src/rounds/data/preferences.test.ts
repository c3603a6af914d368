import type { SnapshotLine } from '@rankloop/core';
import { expect, test } from 'vitest';
import { Preferences } from './preferences.ts';
import { line } from './testing/snapshot-line.ts';

function build(lines: SnapshotLine[], maxPersonShare = 1) {
  const preferences = new Preferences();
  for (const one of lines) preferences.add(one);
  return preferences.examples(maxPersonShare);
}

test('all judgements of a task are one example with the prompt and its outputs', () => {
  const examples = build([
    line({ ranks: { a: 1, b: 2 } }),
    line({ ranks: { a: 2, b: 1 }, labelerId: 'person-2' }),
    line({ ranks: { a: 1, b: 2 }, taskId: 'task-2', promptId: 'prompt-2' }),
  ]);
  expect(examples).toHaveLength(2);
  expect(examples[0]).toMatchObject({
    promptId: 'prompt-1',
    promptText: 'Say hello',
    conversation: [{ role: 'user', content: 'Say hello' }],
    completions: ['Hello', 'Go away'],
    cutOff: [false, true],
  });
  expect(examples[0]?.judgements.map(({ ranks }) => ranks)).toEqual([
    [1, 2],
    [2, 1],
  ]);
});

test('an edited text joins the outputs, preferred over the one that it was made from and over nothing else', () => {
  const [example] = build([
    line({ ranks: { a: 1, b: 2 } }),
    line({ edits: { b: 'Please come back' }, labelerId: 'person-2' }),
  ]);
  expect(example?.completions).toEqual(['Hello', 'Go away', 'Please come back']);
  expect(example?.cutOff).toEqual([false, true, false]);
  expect(example?.judgements.map(({ ranks }) => ranks)).toEqual([
    [1, 2, null],
    [null, 2, 1],
  ]);
});

test('a judgement that orders nothing and an edit that changes nothing leave no trace', () => {
  expect(build([line({ ranks: { a: 1, b: 1 } }), line({ outcome: 'skipped' })])).toEqual([]);
  expect(build([line({ edits: { b: 'Go away' } })])).toEqual([]);
});

test('a judgement that ties all it ranks goes along where a stage learns from ties, and one output alone does not', () => {
  const preferences = new Preferences({ withTies: true });
  const used = [
    { a: 1, b: 1 },
    { a: 1, b: null },
    { a: 1, b: 2 },
  ].map((ranks) => preferences.add(line({ ranks })));
  expect(used).toEqual([true, false, true]);
  expect(preferences.examples(1)[0]?.judgements.map(({ ranks }) => ranks)).toEqual([
    [1, 1],
    [1, 2],
  ]);
});

test('a comparison keeps its strength', () => {
  const [example] = build([line({ strength: -3 })]);
  expect(example?.judgements[0]).toMatchObject({ ranks: [2, 1], strength: 3 });
});

test("no person's judgements weigh more than their share", () => {
  const lines = [
    ...Array.from({ length: 8 }, () => line({ ranks: { a: 1, b: 2 } })),
    line({ ranks: { a: 2, b: 1 }, labelerId: 'person-2' }),
    line({ ranks: { a: 2, b: 1 }, labelerId: 'person-3' }),
  ];
  const [example] = build(lines, 0.5);
  const weights = example?.judgements.map(({ weight }) => weight) ?? [];
  expect(weights.slice(0, 8).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(2);
  expect(weights.slice(8)).toEqual([1, 1]);
});

test('marks go along as shares of their scale where a stage learns them, also where they order nothing', () => {
  const dimension = { id: 'overall', label: 'Overall', help: '', scale: '0-5' as const, required: true };
  const forms = new Map([['form-1', { ratings: { dimensions: [dimension] } }]]);
  const rated = (a: number, b: number) =>
    line({ formVersionId: 'form-1', scores: { a: { overall: a }, b: { overall: b } } });
  const read = (preferences: Preferences) => {
    const used = [rated(5, 2), rated(4, 4)].map((one) => preferences.add(one));
    return { used, judgements: preferences.examples(1)[0]?.judgements ?? [] };
  };
  const learned = read(new Preferences({ ratingForms: forms }));
  expect(learned.used).toEqual([true, true]);
  expect(learned.judgements.map(({ ratings }) => ratings)).toEqual([
    [1, 0.4],
    [0.8, 0.8],
  ]);
  expect(learned.judgements.map(({ ranks }) => ranks)).toEqual([
    [1, 2],
    [null, null],
  ]);
  const ordered = read(new Preferences());
  expect(ordered.used).toEqual([true, false]);
  expect(ordered.judgements.map((judgement) => 'ratings' in judgement)).toEqual([false]);
});
