import { expect, test } from 'vitest';
import { planCurve, REPEATS, type CurveExample, type PlannedCell } from './plan-curve.ts';

/** One task a prompt, with so many judgements. */
function examplesOf(prompts: number, labels: number, isFresh: (i: number) => boolean = () => false) {
  return Array.from({ length: prompts }, (_, i): CurveExample => ({
    promptId: `prompt-${i}`,
    promptText: `Prompt ${i}`,
    completions: ['a', 'b'],
    judgements: Array.from({ length: labels }, (_, k) => ({ id: `${i}-${k}`, ranks: [1, 2], weight: 1 })),
    isFresh: isFresh(i),
  }));
}
const partsOf = (cells: readonly PlannedCell[], repeat: number) =>
  cells.filter((cell) => cell.repeat === repeat).map(({ part }) => part);

test('no prompt that a model learns from is one that it is tested on', () => {
  const { cells } = planCurve(
    examplesOf(160, 2, (i) => i % 2 === 0),
    1,
  );
  expect(partsOf(cells, 0)).toEqual(['size', 'size', 'size', 'size', 'wide', 'deep', 'older', 'fresh']);
  for (const { train, heldOut } of cells) {
    const learned = new Set(train.map(({ promptText }) => promptText));
    expect(heldOut.length).toBeGreaterThan(0);
    expect(heldOut.filter(({ promptText }) => learned.has(promptText))).toEqual([]);
  }
});

test('the curve has points at an eighth, a quarter, half and all of the labels, in every repeat', () => {
  const { cells } = planCurve(examplesOf(200, 1), 1);
  expect(cells).toHaveLength(4 * REPEATS);
  const labels = cells.filter(({ repeat }) => repeat === 0).map((cell) => cell.labels);
  const [all = 0] = labels.slice(-1);
  expect(labels).toEqual([all / 8, all / 4, all / 2, all].map(Math.ceil));
});

test('both sides of a comparison have as many labels, and those of fresh samples are tested on fresh ones', () => {
  const { cells, noDeep, noFresh } = planCurve(
    examplesOf(160, 2, (i) => i < 60),
    3,
  );
  expect([noDeep, noFresh]).toEqual([null, null]);
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const labelsOf = (part: string) =>
      cells.find((cell) => cell.repeat === repeat && cell.part === part)?.labels ?? NaN;
    // A prompt has two labels: no more than that may be too many.
    expect(Math.abs(labelsOf('wide') - labelsOf('deep'))).toBeLessThanOrEqual(1);
    expect(Math.abs(labelsOf('older') - labelsOf('fresh'))).toBeLessThanOrEqual(2);
  }
  const fresh = cells.filter(({ part }) => part === 'fresh' || part === 'older');
  expect(fresh.flatMap(({ heldOut }) => heldOut).every(({ isFresh }) => isFresh)).toBe(true);
  expect(
    cells
      .filter(({ part }) => part === 'older')
      .flatMap(({ train }) => train)
      .some(({ isFresh }) => isFresh),
  ).toBe(false);
});

test('what cannot be compared is left out with its reason', () => {
  expect(planCurve(examplesOf(60, 1), 1)).toMatchObject({
    noDeep: 'Too few prompts have more than one judgement to tell.',
    noFresh: 'No output of the policy in use has been judged yet.',
  });
  expect(
    planCurve(
      examplesOf(60, 1, () => true),
      1,
    ).noFresh,
  ).toContain('there are no older ones');
});

test('the same examples and seed give the same plan', () => {
  const examples = examplesOf(40, 2);
  expect(planCurve(examples, 5)).toEqual(planCurve(examples, 5));
  expect(planCurve(examples, 6)).not.toEqual(planCurve(examples, 5));
});
