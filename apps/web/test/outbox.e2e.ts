import { JudgementBody } from '@rankloop/contracts';
import { eventually } from '@rankloop/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMPARISON, RANKING, RATINGS, press, shownRanks, sitDown, textOf } from './desk.ts';
import { madeUpTasks, startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

describe('work is never lost', () => {
  it('keeps a draft over a reload', async () => {
    const { page, answers } = await sitDown(world, RANKING, madeUpTasks(2, 3));
    const before = await textOf(page, 'A');
    await press(page, '3', '1');
    await page.getByLabel('Comment (optional)').fill('B is warm');
    await page.reload();
    await page.getByRole('button', { name: 'Submit' }).waitFor();
    expect(await textOf(page, 'A')).toBe(before);
    expect(await page.getByLabel('Comment (optional)').inputValue()).toBe('B is warm');
    await press(page, '2', 'Enter');
    const [answer] = await answers(1);
    expect(shownRanks(answer)).toEqual([3, 1, 2]);
  });

  it('goes on without a network, sends when it is back, and each answer once', async () => {
    const { page, context, answers, projectId } = await sitDown(world, RANKING, madeUpTasks(3, 2));
    await eventually(() =>
      world.db.prisma.lease.count({ where: { projectId } }).then((count) => count === 2),
    );
    await page.waitForLoadState('networkidle').catch(() => undefined);
    await context.setOffline(true);
    const first = await textOf(page, 'A');
    await press(page, '1', '2', 'Enter');
    await expect.poll(() => textOf(page, 'A')).not.toBe(first);
    await press(page, '2', '1', 'Enter');
    await expect.poll(() => page.locator('.lab-receipt').innerText()).toBe('waiting 2 · offline');
    expect(await world.db.prisma.judgement.count({ where: { projectId } })).toBe(0);
    await context.setOffline(false);
    await expect.poll(() => page.locator('.lab-receipt').innerText()).toMatch(/^sent/);
    expect(await answers(2)).toHaveLength(2);
    await page.getByRole('button', { name: 'Submit' }).waitFor();
  });

  it('sends from the next visit what a closed page could not send', async () => {
    const { page, context, answers } = await sitDown(world, RANKING, madeUpTasks(1, 2));
    await page.route('**/judgement', (route) => route.abort());
    await press(page, '1', '2', 'Enter');
    await page.getByText('waiting 1').waitFor();
    const url = page.url();
    await page.close();
    const again = await context.newPage();
    await again.goto(url);
    expect(await answers(1)).toHaveLength(1);
  });

  it('keeps an answer that is refused, with the reason, and opens it again', async () => {
    const { page, answers } = await sitDown(world, RANKING, madeUpTasks(2, 2));
    let refuse = true;
    await page.route('**/judgement', (route) =>
      refuse
        ? route.fulfill({
            status: 422,
            contentType: 'application/problem+json',
            body: JSON.stringify({
              type: 'about:blank',
              code: 'invalid_judgement',
              title: 'The answer is not complete',
              detail: 'The form has changed',
              status: 422,
              requestId: 'request',
            }),
          })
        : route.continue(),
    );
    const first = await textOf(page, 'A');
    await press(page, '1', '2', 'Enter');
    await page.getByText('failed 1').click();
    await page.getByText('Not accepted: The form has changed').waitFor();
    refuse = false;
    await page.getByRole('button', { name: 'Open it again' }).click();
    await expect.poll(() => textOf(page, 'A')).toBe(first);
    await page.getByRole('button', { name: /Save|Submit/ }).click();
    const [answer] = await answers(1);
    expect(shownRanks(answer)).toEqual([1, 2]);
  });

  it('says at the field what the server has refused, with the work kept', async () => {
    const { page, answers } = await sitDown(world, RATINGS, madeUpTasks(1, 2));
    // A page of another version may hold something else for right than the server does.
    const first = (await page.getByRole('article').first().getAttribute('data-output')) ?? '';
    let isSpoiled = true;
    await page.route('**/judgement', (route) => {
      const body = JudgementBody.parse(route.request().postDataJSON());
      if (!isSpoiled) return route.continue();
      const scores = { ...body.scores, [first]: { ...body.scores?.[first], fluency: 11 } };
      return route.continue({ postData: { ...body, scores } });
    });
    await press(page, '5', '0', '1', '3', '7', '2');
    await page.getByLabel('Note on A').fill('It is kind.');
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByText('failed 1').click();
    await page.getByText(/^Not accepted/).waitFor();
    isSpoiled = false;
    await page.getByRole('button', { name: 'Open it again' }).click();

    const fluency = page.getByRole('radiogroup', { name: 'Fluency of A' });
    const field = page.locator('.lab-rating').filter({ has: fluency });
    await field.getByRole('alert').getByText('Give a whole number from 1 to 10').waitFor();
    expect(await page.locator('.lab-issue').count()).toBe(1);
    expect(await page.getByLabel('Note on A').inputValue()).toBe('It is kind.');
    expect(await page.locator('[aria-checked="true"]').allInnerTexts()).toEqual([
      '5',
      '10',
      '',
      '3',
      '7',
      '',
    ]);

    await fluency.getByRole('radio', { name: '9' }).click();
    await page.locator('.lab-issue').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: /Save|Submit/ }).click();
    const [answer] = await answers(1);
    expect(answer?.scores).toMatchObject({ [first]: { overall: 5, fluency: 9, safe: 1 } });
    await expect.poll(() => page.locator('.lab-receipt').innerText()).toMatch(/^sent/);
  });

  it('changes an earlier answer as a new revision, and comes back to the task in hand', async () => {
    const { page, answers } = await sitDown(world, COMPARISON, madeUpTasks(2, 2));
    const first = await textOf(page, 'A');
    await press(page, '1', 'Enter');
    await answers(1);
    const second = await textOf(page, 'A');
    await press(page, ',');
    await page.getByText('This is your earlier answer').waitFor();
    expect(await textOf(page, 'A')).toBe(first);
    await press(page, '7', 'Enter');
    const rows = await answers(2);
    expect(rows.map((row) => [row.revision, row.strength])).toEqual([
      [1, -3],
      [2, 3],
    ]);
    await expect.poll(() => textOf(page, 'A')).toBe(second);
  });

  it('says that the time for a task is over, keeps the work and still sends it', async () => {
    const { page, answers, projectId } = await sitDown(world, RANKING, madeUpTasks(1, 2), {
      leaseTtlMs: 60_000,
    });
    await page.route('**/renew', (route) =>
      route.fulfill({
        status: 404,
        contentType: 'application/problem+json',
        body: JSON.stringify({
          type: 'about:blank',
          code: 'not_found',
          title: 'There is nothing here',
          status: 404,
          requestId: 'r',
        }),
      }),
    );
    await press(page, '1', '2');
    await world.db.prisma.lease.updateMany({ where: { projectId }, data: { expiresAt: new Date(0) } });
    await page.clock.install();
    await page.reload();
    await page.getByRole('button', { name: 'Submit' }).waitFor();
    await press(page, 'Shift');
    await page.clock.runFor(50_000);
    await page.getByText('The time for this task is over').waitFor();
    await press(page, 'Enter');
    expect(await answers(1)).toHaveLength(1);
  });
});
