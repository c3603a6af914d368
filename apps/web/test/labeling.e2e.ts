import { SCALE_RANGE, type FormSpec } from '@rankloop/contracts';
import { eventually } from '@rankloop/testkit';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { madeUpTasks, startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

interface Bench {
  projectId: string;
  page: Page;
  context: Awaited<ReturnType<World['signIn']>>['context'];
  /** Answers in the database, oldest first. */
  answers: (count: number) => ReturnType<typeof readAnswers>;
}

/** A labeler with the first task of a new project on the screen. */
async function sitDown(
  form: FormSpec,
  tasks: readonly (readonly string[])[],
  options: { leaseTtlMs?: number } = {},
): Promise<Bench> {
  const project = await world.createProject({ form, tasks, ...options });
  const { context, page } = await world.signIn(await world.createPerson(project.id, 'labeler'));
  await page.goto(`${world.origin}/p/${project.slug}/label`);
  await page.getByRole('button', { name: 'Submit' }).waitFor();
  return { projectId: project.id, page, context, answers: (count) => readAnswers(project.id, count) };
}

async function readAnswers(projectId: string, count: number) {
  const find = () =>
    world.db.prisma.judgement.findMany({ where: { projectId }, orderBy: { createdAt: 'asc' } });
  return eventually(
    async () => {
      const rows = await find();
      return rows.length >= count ? rows : null;
    },
    { what: `${count} answers` },
  );
}

const press = async (page: Page, ...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};
const textOf = (page: Page, letter: string) =>
  page
    .getByRole('article', { name: new RegExp(`^Output ${letter}\\b`) })
    .locator('.lab-text')
    .innerText();
const drag = async (page: Page, from: string, to: string) => {
  const [start, end] = await Promise.all([page.locator(from).boundingBox(), page.locator(to).boundingBox()]);
  if (!start || !end) throw new Error(`Nothing to drag from ${from} to ${to}`);
  await page.mouse.move(start.x + start.width / 2, start.y + start.height / 2);
  await page.mouse.down();
  await page.mouse.move(start.x + start.width / 2 + 10, start.y + start.height / 2, { steps: 3 });
  await page.mouse.move(end.x + end.width / 2, end.y + end.height / 2, { steps: 8 });
  await page.mouse.up();
};

const RANKING: FormSpec = { ranking: { allowTies: true, allowPartial: true } };
const COMPARISON: FormSpec = { comparison: { allowTie: true, allowBothBad: true } };
const RATINGS: FormSpec = {
  ratings: {
    dimensions: [
      { id: 'overall', label: 'Overall', help: '', scale: '0-5', required: true },
      { id: 'fluency', label: 'Fluency', help: '', scale: '1-10', required: true },
      { id: 'safe', label: 'Safe', help: '', scale: 'thumbs', required: true },
    ],
  },
  flags: { options: ['harmful'] },
  critique: { perOutput: true },
};
const CORRECTION: FormSpec = { correction: { required: true } };

describe('a ranking', () => {
  it('takes K + 1 keys, ties included, and the next task is there at once', async () => {
    const { page, answers } = await sitDown(RANKING, madeUpTasks(2, 4));
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
    const { page, answers } = await sitDown(RANKING, madeUpTasks(1, 4));
    await drag(page, '.lab-chip[data-chip="A"]', '.lab-gap >> nth=0');
    await drag(page, '.lab-card >> nth=1 >> .lab-grip', '.lab-gap >> nth=1');
    await drag(page, '.lab-chip[data-chip="C"]', '.lab-gap >> nth=1');
    await drag(page, '.lab-chip[data-chip="D"]', '.lab-tier:has([data-chip="B"])');
    await expect
      .poll(() =>
        page
          .locator('.lab-order')
          .innerText()
          .then((text) => text.replace(/\s/g, '')),
      )
      .toBe('A>C>B=D');
    // Longer than the moment for which a drag that ended swallows clicks.
    await page.getByRole('button', { name: 'Submit' }).click({ delay: 80 });
    const [answer] = await answers(1);
    const [a, b, c, d] = answer?.shownOrder ?? [];
    expect(answer?.ranks).toEqual({ [String(a)]: 1, [String(c)]: 2, [String(b)]: 3, [String(d)]: 3 });
    await page.getByRole('heading', { name: 'Nothing left for you' }).waitFor();
  });

  it('does not take the shown order for an answer, and does not drop what nobody looked at', async () => {
    const { page, answers, projectId } = await sitDown(RANKING, madeUpTasks(1, 4));
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
    const { page, answers } = await sitDown(RANKING, madeUpTasks(2, 3));
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
    const { page, answers } = await sitDown(RANKING, madeUpTasks(1, 3));
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
    expect(answer?.shownOrder.map((id) => (answer.ranks as Record<string, number>)[id])).toEqual([1, 1, 2]);
  });
});

describe('a comparison', () => {
  it('takes a digit and Enter; t is a tie, b both bad', async () => {
    const { page, answers } = await sitDown(COMPARISON, madeUpTasks(3, 2));
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
    const { page, answers } = await sitDown(COMPARISON, madeUpTasks(1, 2));
    await page.getByRole('radio', { name: 'B much better' }).click();
    await page.getByRole('button', { name: 'Submit' }).click();
    expect((await answers(1))[0]).toMatchObject({ outcome: 'ok', strength: 3 });
  });
});

describe('ratings', () => {
  it('take one digit each and go on by themselves', async () => {
    const { page, answers } = await sitDown(RATINGS, madeUpTasks(1, 2));
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
    const { page, answers } = await sitDown(RATINGS, madeUpTasks(1, 1));
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
    const { page, answers } = await sitDown(CORRECTION, [['The kettel is good.']]);
    await press(page, 'e', 'ControlOrMeta+a');
    await page.keyboard.type('The kettle is good.');
    await expect.poll(() => page.locator('.lab-diff del').allInnerTexts()).toEqual(['kettel']);
    await expect.poll(() => page.locator('.lab-diff ins').allInnerTexts()).toEqual(['kettle']);
    await press(page, 'Control+Enter');
    const [answer] = await answers(1);
    expect(Object.values(answer?.edits ?? {})).toEqual(['The kettle is good.']);
  });

  it('is written with the mouse, restored, and refused while nothing is changed', async () => {
    const { page, answers } = await sitDown(CORRECTION, [['The kettel is good.']]);
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

describe('work is never lost', () => {
  it('keeps a draft over a reload', async () => {
    const { page, answers } = await sitDown(RANKING, madeUpTasks(2, 3));
    const before = await textOf(page, 'A');
    await press(page, '3', '1');
    await page.getByLabel('Comment (optional)').fill('B is warm');
    await page.reload();
    await page.getByRole('button', { name: 'Submit' }).waitFor();
    expect(await textOf(page, 'A')).toBe(before);
    expect(await page.getByLabel('Comment (optional)').inputValue()).toBe('B is warm');
    await press(page, '2', 'Enter');
    const [answer] = await answers(1);
    expect(answer?.shownOrder.map((id) => (answer.ranks as Record<string, number>)[id])).toEqual([3, 1, 2]);
  });

  it('goes on without a network, sends when it is back, and each answer once', async () => {
    const { page, context, answers, projectId } = await sitDown(RANKING, madeUpTasks(3, 2));
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
    await expect.poll(() => page.locator('.lab-receipt').innerText(), { timeout: 20_000 }).toMatch(/^sent/);
    expect(await answers(2)).toHaveLength(2);
    await page.getByRole('button', { name: 'Submit' }).waitFor();
  });

  it('sends from the next visit what a closed page could not send', async () => {
    const { page, context, answers } = await sitDown(RANKING, madeUpTasks(1, 2));
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
    const { page, answers } = await sitDown(RANKING, madeUpTasks(2, 2));
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
    expect(answer?.shownOrder.map((id) => (answer.ranks as Record<string, number>)[id])).toEqual([1, 2]);
  });

  it('changes an earlier answer as a new revision, and comes back to the task in hand', async () => {
    const { page, answers } = await sitDown(COMPARISON, madeUpTasks(2, 2));
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
    const { page, answers, projectId } = await sitDown(RANKING, madeUpTasks(1, 2), { leaseTtlMs: 60_000 });
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

describe('the page', () => {
  it('lets hostile text do nothing', async () => {
    const hostile =
      '<img src=x onerror="window.hit=1"><script>window.hit=1</script> [a](javascript:window.hit=1) ![i](https://tracker.test/x.png) **bold**';
    const { page } = await sitDown(COMPARISON, [[hostile, 'plain $x^2$ text']]);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.reload();
    await page.locator('.katex').first().waitFor();
    const card = page.getByRole('article').filter({ hasText: 'bold' });
    expect(await card.locator('strong').count()).toBe(1);
    expect(await card.locator('img, script').count()).toBe(0);
    expect(await card.locator('a[href^="javascript"]').count()).toBe(0);
    expect(await page.evaluate(() => 'hit' in window)).toBe(false);
    expect(asked.filter((url) => !url.startsWith(world.origin))).toEqual([]);
  });

  it('shows guideline and keys, and can turn single keys off', async () => {
    const { page, projectId } = await sitDown(RANKING, madeUpTasks(1, 3));
    await press(page, 'g');
    await page.getByRole('complementary', { name: 'Guideline' }).waitFor();
    await press(page, 'g', '?');
    await page.getByText('None can be ranked').nth(1).waitFor();
    await page.getByRole('switch', { name: /Single keys/ }).click();
    await press(page, 'Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await press(page, 'n', 's');
    expect(await page.getByRole('button', { name: /None can be ranked/ }).getAttribute('aria-pressed')).toBe(
      'false',
    );
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await world.db.prisma.judgement.count({ where: { projectId } })).toBe(0);
  });

  it('marks differences, shows raw text and unfolds long outputs', async () => {
    const long = 'A word. '.repeat(400);
    const { page } = await sitDown(RANKING, [['The **coffee** was great', `The tea was great ${long}`]]);
    await press(page, 'd');
    await expect.poll(() => page.locator('mark').allInnerTexts()).toContain('coffee');
    await press(page, 'd', 'm');
    await page.getByText('The **coffee** was great').waitFor();
    const height = () =>
      page.locator('.lab-text').evaluateAll((all) => Math.max(...all.map((one) => one.clientHeight)));
    expect(await height()).toBeLessThan(360);
    await press(page, 'o');
    await expect.poll(height).toBeGreaterThan(360);
  });

  it('fits a phone: nothing is wider than the screen', async () => {
    const project = await world.createProject({ form: RATINGS, tasks: madeUpTasks(1, 3) });
    const person = await world.createPerson(project.id, 'labeler');
    const { page } = await world.signIn(person, { viewport: { width: 360, height: 740 }, hasTouch: true });
    await page.goto(`${world.origin}/p/${project.slug}/label`);
    await page.getByRole('button', { name: 'Submit' }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  });
});
