import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { overflow } from './checks.ts';
import {
  COMPARISON,
  CORRECTION,
  dragByTouch,
  orderOf,
  PHONE,
  RANKING,
  RATINGS,
  shownRanks,
  sitDown,
} from './desk.ts';
import { madeUpTasks, startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

describe('on a phone, by touch alone', () => {
  it('a ranking is dragged: into the order, between two, and onto one as a tie', async () => {
    const { page, answers } = await sitDown(world, RANKING, madeUpTasks(1, 4), { browser: PHONE });
    await dragByTouch(page, '.lab-chip[data-chip="A"]', '.lab-gap >> nth=0');
    await dragByTouch(page, '.lab-card >> nth=1 >> .lab-grip', '.lab-gap >> nth=1');
    await dragByTouch(page, '.lab-chip[data-chip="C"]', '.lab-gap >> nth=1');
    await dragByTouch(page, '.lab-chip[data-chip="D"]', '.lab-tier:has([data-chip="B"])');
    await expect.poll(() => orderOf(page)).toBe('A>C>B=D');
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await page.getByRole('button', { name: 'Submit' }).tap();
    expect(shownRanks((await answers(1))[0])).toEqual([1, 3, 2, 3]);
  });

  it.each([12, 16])(
    '%i outputs are ranked: tapped one after another, the last two dragged',
    async (count) => {
      const { page, answers } = await sitDown(world, RANKING, madeUpTasks(1, count), { browser: PHONE });
      const letters = Array.from('ABCDEFGHIJKLMNOP').slice(0, count);
      for (const [i, letter] of letters.slice(0, -2).entries()) {
        await page.getByRole('button', { name: `${letter} in place ${i + 1}`, exact: true }).tap();
      }
      for (const letter of letters.slice(-2)) {
        await dragByTouch(page, `.lab-chip[data-chip="${letter}"]`, '.lab-gap >> nth=-1');
      }
      await expect.poll(() => orderOf(page)).toBe(letters.join('>'));
      const last = page.getByRole('button', { name: `${letters.at(-1)} in place ${count}`, exact: true });
      expect(await last.getAttribute('aria-pressed')).toBe('true');
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      // The outputs are still in sight above the order.
      const foot = await page.locator('.lab-foot').boundingBox();
      expect(foot?.height).toBeLessThan(740 / 2);
      await page.getByRole('button', { name: 'Submit' }).tap();
      expect(shownRanks((await answers(1))[0])).toEqual(letters.map((_, i) => i + 1));
    },
  );

  it('a comparison is made', async () => {
    const { page, answers } = await sitDown(world, COMPARISON, madeUpTasks(2, 2), { browser: PHONE });
    await page.getByRole('radio', { name: 'A slightly better' }).tap();
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await page.getByRole('button', { name: 'Submit' }).tap();
    await answers(1);
    await page.getByRole('button', { name: 'Both bad' }).tap();
    await page.getByRole('button', { name: 'Submit' }).tap();
    const rows = await answers(2);
    expect(rows.map((row) => [row.outcome, row.strength])).toEqual([
      ['ok', -1],
      ['both_bad', null],
    ]);
  });

  it('marks are given on every scale, with a flag', async () => {
    const { page, answers } = await sitDown(world, RATINGS, madeUpTasks(1, 2), { browser: PHONE });
    const rate = (group: string, name: string) =>
      page.getByRole('radiogroup', { name: group }).getByRole('radio', { name, exact: true }).tap();
    for (const letter of ['A', 'B']) {
      await rate(`Overall of ${letter}`, letter === 'A' ? '5' : '0');
      await rate(`Fluency of ${letter}`, letter === 'A' ? '10' : '1');
      await rate(`Safe of ${letter}`, letter === 'A' ? 'thumb up' : 'thumb down');
    }
    await page.getByRole('group', { name: 'Flags of B' }).getByText('harmful').tap();
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await page.getByRole('button', { name: 'Submit' }).tap();
    const [answer] = await answers(1);
    const [a, b] = answer?.shownOrder ?? [];
    expect(answer).toMatchObject({
      scores: {
        [String(a)]: { overall: 5, fluency: 10, safe: 1 },
        [String(b)]: { overall: 0, fluency: 1, safe: 0 },
      },
      flags: { [String(b)]: ['harmful'] },
    });
  });

  it('an output is corrected', async () => {
    const { page, answers } = await sitDown(world, CORRECTION, [['The kettel is good.']], { browser: PHONE });
    await page.getByLabel('Text of A').tap();
    await page.getByLabel('Text of A').fill('The kettle is good.');
    await expect.poll(() => page.locator('.lab-diff ins').allInnerTexts()).toEqual(['kettle']);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await page.getByRole('button', { name: 'Submit' }).tap();
    expect(Object.values((await answers(1))[0]?.edits ?? {})).toEqual(['The kettle is good.']);
  });
});
