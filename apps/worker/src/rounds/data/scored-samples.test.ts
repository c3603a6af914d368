import type { DrawnOutput } from '@rankloop/core';
import { expect, test } from 'vitest';
import { ScoredSamples } from './scored-samples.ts';
import { line } from './testing/snapshot-line.ts';

const FORM = {
  ratings: { dimensions: [{ id: 'overall', label: '', help: '', scale: '0-5' as const, required: true }] },
};
const drawn = (id: string, sampling: object = {}): [string, DrawnOutput] => [
  id,
  {
    id,
    checkpointId: 'policy',
    tokenIds: [1, 2],
    logProbs: [-1, -2, -3],
    sampling: { maxNewTokens: 8, temperature: 0.9, topK: 0, topP: 1, ...sampling },
    finishReason: 'eos',
  },
];

function samplesOf(marks: { labelerId: string; scores: Record<string, number> }[]) {
  const scored = new ScoredSamples(new Map([['form', FORM]]));
  for (const { labelerId, scores } of marks) {
    scored.add(
      line({
        formVersionId: 'form',
        labelerId,
        scores: Object.fromEntries(Object.entries(scores).map(([id, overall]) => [id, { overall }])),
      }),
    );
  }
  return scored;
}

test('scores of one output are one sample: their mean on the common scale, with the trust of all', () => {
  const scored = samplesOf([
    { labelerId: 'one', scores: { a: 5, b: 0 } },
    { labelerId: 'two', scores: { a: 0 } },
  ]);
  const samples = scored.examples(new Map([drawn('a'), drawn('b')]), 0.9);
  // Nobody may give more than half of all: the first person's two scores count as much as the second's one.
  expect(samples.map(({ score, weight }) => [score, weight])).toEqual([
    [expect.closeTo(-1 / 3, 10), 1.5],
    [-1, 0.5],
  ]);
  expect(samples[0]).toMatchObject({
    tokenIds: [1, 2],
    logProbs: [-1, -2, -3],
    drawnBy: 'policy',
    maxNewTokens: 8,
  });
});

test.each([
  ['that were not drawn by us', new Map()],
  ['at another temperature', new Map([drawn('a', { temperature: 0.7 })])],
  ['from some tokens only', new Map([drawn('a', { topK: 40 })])],
  ['that are the best of several', new Map([drawn('a', { bestOf: 4 })])],
])('no sample comes of outputs %s', (_what, found: Map<string, DrawnOutput>) => {
  expect(samplesOf([{ labelerId: 'one', scores: { a: 5 } }]).examples(found, 0.9)).toEqual([]);
});
