import { SCALE_RANGE } from '@rankloop/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMPARISON, CORRECTION, RATINGS, press, sitDown } from './desk.ts';
import { madeUpTasks, startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

describe('a comparison', () => {
  it('takes a digit and Enter; t is a tie, b both bad', async () => {
    const { page, answers } = await sitDown(world, COMPARISON, madeUpTasks(3, 2));
    await press(page, '2', 'Enter');
    await answers(1);
    await press(page, 't', 'Enter');
    await answers(2);
    await press(page, 'b', 'Enter');
    const rows = await answers(3);
    expect(rows.map((row) => [row.outcome, row.strength])).toEqual([
      ['ok', -2],
      ['ok', 0],
      ['both_bad', null],
    ]);
  });

  it('is made with the mouse', async () => {
    const { page, answers } = await sitDown(world, COMPARISON, madeUpTasks(1, 2));
    await page.getByRole('radio', { name: 'B much better' }).click();
    await page.getByRole('button', { name: 'Submit' }).click();
    expect((await answers(1))[0]).toMatchObject({ outcome: 'ok', strength: 3 });
  });
});

describe('ratings', () => {
  it('take one digit each and go on by themselves', async () => {
    const { page, answers } = await sitDown(world, RATINGS, madeUpTasks(1, 2));
    await press(page, '5', '0', '1', '3', '7');
    await press(page, 'Enter');
    await page.getByText('Rate "Safe": B').first().waitFor();
    await press(page, '2', 'Enter');
    const [answer] = await answers(1);
    const [a, b] = answer?.shownOrder ?? [];
    expect(answer?.scores).toEqual({
      [String(a)]: { overall: 5, fluency: SCALE_RANGE['1-10'].max, safe: 1 },
      [String(b)]: { overall: 3, fluency: 7, safe: 0 },
    });
  });

  it('are given with the mouse, with flags and notes', async () => {
    const { page, answers } = await sitDown(world, RATINGS, madeUpTasks(1, 1));
    await page
      .getByRole('radiogroup', { name: 'Overall of A' })
      .getByRole('radio', { name: '2', exact: true })
      .click();
    await page.getByRole('radiogroup', { name: 'Fluency of A' }).getByRole('radio', { name: '10' }).click();
    await page.getByRole('radio', { name: 'thumb down' }).click();
    await page.getByRole('checkbox', { name: 'harmful' }).check();
    await page.getByLabel('Note on A').fill('It insults the reader.');
    await page.getByRole('button', { name: 'Submit' }).click();
    const [answer] = await answers(1);
    const [a] = answer?.shownOrder ?? [];
    expect(answer).toMatchObject({
      scores: { [String(a)]: { overall: 2, fluency: 10, safe: 0 } },
      flags: { [String(a)]: ['harmful'] },
      critiques: { [String(a)]: 'It insults the reader.' },
    });
  });
});

describe('a correction', () => {
  it('is written and sent with the keyboard alone, with the difference beside it', async () => {
    const { page, answers } = await sitDown(world, CORRECTION, [['The kettel is good.']]);
    await press(page, 'e');
    await page.getByLabel('Text of A').and(page.locator(':focus')).waitFor();
    await press(page, 'ControlOrMeta+a');
    await page.keyboard.type('The kettle is good.');
    await expect.poll(() => page.locator('.lab-diff del').allInnerTexts()).toEqual(['kettel']);
    await expect.poll(() => page.locator('.lab-diff ins').allInnerTexts()).toEqual(['kettle']);
    await press(page, 'Control+Enter');
    const [answer] = await answers(1);
    expect(Object.values(answer?.edits ?? {})).toEqual(['The kettle is good.']);
  });

  it('is written with the mouse, restored, and refused while nothing is changed', async () => {
    const { page, answers } = await sitDown(world, CORRECTION, [['The kettel is good.']]);
    const editor = page.getByLabel('Text of A');
    await editor.fill('Something else');
    await page.getByRole('button', { name: /Restore/ }).click();
    await expect.poll(() => editor.inputValue()).toBe('The kettel is good.');
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByText('Edit the output, or skip').first().waitFor();
    await editor.fill('The kettle is good.');
    await page.getByRole('button', { name: 'Submit' }).click();
    expect(Object.values((await answers(1))[0]?.edits ?? {})).toEqual(['The kettle is good.']);
  });
});
