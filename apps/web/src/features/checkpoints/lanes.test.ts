import { expect, it } from 'vitest';
import { laneCount, lanesOf } from './lanes.ts';

const row = (id: string, parentId: string | null) => ({ id, parentId });

it('a line of policies is one lane from the newest to the base', () => {
  const lanes = lanesOf([row('3', '2'), row('2', '1'), row('1', null)]);
  expect(lanes.map(({ own }) => own)).toEqual([0, 0, 0]);
  expect(lanes.map(({ hasChild, hasParent }) => [hasChild, hasParent])).toEqual([
    [false, true],
    [true, true],
    [true, false],
  ]);
  expect(laneCount(lanes)).toBe(1);
});

it('what was made of the same one stands side by side and meets there', () => {
  const lanes = lanesOf([row('policy', 'base'), row('reward', 'base'), row('base', null)]);
  expect(lanes.map(({ own }) => own)).toEqual([0, 1, 0]);
  expect(lanes[1]?.through).toEqual([0]);
  expect(lanes[2]).toMatchObject({ through: [], joins: [1], hasChild: true });
  expect(laneCount(lanes)).toBe(2);
});

it('a lane that has ended is taken again', () => {
  const lanes = lanesOf([
    row('p3', 'p2'),
    row('r3', 'p2'),
    row('p2', 'p1'),
    row('r2', 'p1'),
    row('p1', null),
    row('lone', null),
  ]);
  expect(laneCount(lanes)).toBe(2);
  expect(lanes.at(-1)).toEqual({ own: 0, through: [], joins: [], hasChild: false, hasParent: false });
});

it('a line whose end is on a later page goes on to the bottom', () => {
  const lanes = lanesOf([row('a', 'far'), row('b', 'c'), row('c', null)]);
  expect(lanes[2]?.through).toEqual([0]);
});

it('an empty list has room for one lane', () => {
  expect(laneCount(lanesOf([]))).toBe(1);
});
