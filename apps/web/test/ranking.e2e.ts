import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RANKING, drag, orderOf, press, shownRanks, sitDown, textOf } from './desk.ts';
import { madeUpTasks, startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

describe('a ranking', () => {
  it('takes K + 1 keys, ties included, and the next task is there at once', async () => {
    const { page, answers } = await sitDown(world, RANKING, madeUpTasks(2, 4));
    const first = await textOf(page, 'A');
    await press(page, '2', '1', '2', '3', 'Enter');
    await expect.poll(() => textOf(page, 'A')).not.toBe(first);
    const [answer] = await answers(1);
    const [a, b, c, d] = answer?.shownOrder ?? [];
    expect(answer).toMatchObject({ outcome: 'ok', source: 'person', revision: 1, counts: true });
    expect(answer?.ranks).toEqual({ [String(a)]: 2, [String(b)]: 1, [String(c)]: 2, [String(d)]: 3 });
    await expect.poll(() => page.locator('.lab-receipt').innerText()).toMatch(/^sent \d\d:\d\d$/);
  });

  it('is made with the mouse: into the order, between two, and onto one as a tie', async () => {
    const { page, answers } = await sitDown(world, RANKING, madeUpTasks(1, 4));
    await drag(page, '.lab-chip[data-chip="A"]', '.lab-gap >> nth=0');
    await drag(page, '.lab-card >> nth=1 >> .lab-grip', '.lab-gap >> nth=1');
    await drag(page, '.lab-chip[data-chip="C"]', '.lab-gap >> nth=1');
    await drag(page, '.lab-chip[data-chip="D"]', '.lab-tier:has([data-chip="B"])');
    await expect.poll(() => orderOf(page)).toBe('A>C>B=D');
    // Longer than the moment for which a drag that ended swallows clicks.
    await page.getByRole('button', { name: 'Submit' }).click({ delay: 80 });
    const [answer] = await answers(1);
    const [a, b, c, d] = answer?.shownOrder ?? [];
    expect(answer?.ranks).toEqual({ [String(a)]: 1, [String(c)]: 2, [String(b)]: 3, [String(d)]: 3 });
    await page.getByRole('heading', { name: 'Nothing left for you' }).waitFor();
  });

  it('does not take the shown order for an answer, and does not drop what nobody looked at', async () => {
    const { page, answers, projectId } = await sitDown(world, RANKING, madeUpTasks(1, 4));
    await press(page, 'Enter');
    await page.getByText('Rank the outputs').first().waitFor();
    await press(page, '1', '2', 'Enter');
    await page.getByText('Enter again leaves C, D unranked').first().waitFor();
    expect(await world.db.prisma.judgement.count({ where: { projectId } })).toBe(0);
    await press(page, '0', 'Backspace', '0', '0', 'Enter');
    const [answer] = await answers(1);
    expect(Object.values(answer?.ranks ?? {}).sort()).toEqual([1, 2, null, null]);
  });

  it('can say that none can be ranked, or be skipped with a reason', async () => {
    const { page, answers } = await sitDown(world, RANKING, madeUpTasks(2, 3));
    await press(page, 'n', 'Enter');
    await answers(1);
    await press(page, 's');
    await page.getByRole('dialog').waitFor();
    await press(page, '4');
    const rows = await answers(2);
    expect(rows.map((row) => [row.outcome, row.skipReason, row.ranks])).toEqual([
      ['unrankable', null, null],
      ['skipped', 'broken', null],
    ]);
  });

  it('is moved by Alt and arrows, and says the order in words', async () => {
    const { page, answers } = await sitDown(world, RANKING, madeUpTasks(1, 3));
    await press(
      page,
      'Alt+ArrowDown',
      'ArrowRight',
      'Alt+ArrowDown',
      'Alt+ArrowUp',
      'ArrowRight',
      'Alt+ArrowUp',
    );
    await page.getByText('A and B tied first, then C.').waitFor({ state: 'attached' });
    await press(page, 'Enter');
    const [answer] = await answers(1);
    expect(shownRanks(answer)).toEqual([1, 1, 2]);
  });

  it.each([12, 16])(
    'of %i outputs is made with the keyboard: digits to nine, then Alt and arrows',
    async (count) => {
      const { page, answers } = await sitDown(world, RANKING, madeUpTasks(1, count));
      await press(page, ...Array.from('123456789'));
      for (let at = 10; at <= count; at++) await press(page, 'Alt+ArrowDown', 'ArrowRight');
      // The last one goes half a step up: a tie for the place before it.
      await press(page, 'Alt+ArrowUp');
      await page
        .getByText(/^A first, then B.* tied\.$/)
        .first()
        .waitFor({ state: 'attached' });
      await press(page, 'Enter');
      const [answer] = await answers(1);
      expect(shownRanks(answer)).toEqual(Array.from({ length: count }, (_, i) => Math.min(i + 1, count - 1)));
    },
  );
});
