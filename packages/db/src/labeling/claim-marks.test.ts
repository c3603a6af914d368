import { expect, test } from 'vitest';
import { ClaimMarks, START } from './claim-marks.ts';

const at = (slotId: string) => ({ rank: '0', slotId });

test('a look begins where the labeler last found a slot, and at the start again when that is 5 s old', () => {
  let now = 0;
  const marks = new ClaimMarks(() => now);
  expect(marks.find('p', 'anna')).toBe(START);
  marks.advance('p', 'anna', { from: START, to: at('7') });
  now = 4000;
  expect(marks.find('p', 'anna')).toEqual(at('7'));
  // Going on from the mark does not make it younger: what was freed behind it must be seen in time.
  marks.advance('p', 'anna', { from: at('7'), to: at('9') });
  now = 4999;
  expect(marks.find('p', 'anna')).toEqual(at('9'));
  now = 5000;
  expect(marks.find('p', 'anna')).toBe(START);
});

test('a mark is of one labeler in one project', () => {
  const marks = new ClaimMarks(() => 0);
  marks.advance('p', 'anna', { from: START, to: at('7') });
  expect(marks.find('p', 'bert')).toBe(START);
  expect(marks.find('q', 'anna')).toBe(START);
});
