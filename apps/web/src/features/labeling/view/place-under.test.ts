import { expect, it } from 'vitest';
import { placeUnder } from './place-under.ts';

const GAP = { id: 'gap:0', left: 0, top: 0, right: 10, bottom: 30 };
const TIER = { id: 'tie:0', left: 12, top: 0, right: 60, bottom: 30 };

it('what is let go on a place belongs to it, however near the middle of another is', () => {
  expect(placeUnder({ x: 13, y: 15 }, [GAP, TIER])).toBe('tie:0');
});

it('what is let go beside all places belongs to the nearest', () => {
  expect(placeUnder({ x: -40, y: 15 }, [TIER, GAP])).toBe('gap:0');
  expect(placeUnder({ x: 90, y: 15 }, [GAP, TIER])).toBe('tie:0');
});

it('without places nothing is taken', () => {
  expect(placeUnder({ x: 0, y: 0 }, [])).toBeNull();
});
