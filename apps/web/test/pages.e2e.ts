import { afterAll, beforeAll, expect, it } from 'vitest';
import { THEMES, violations, watch } from './checks.ts';
import { madeUpTasks, startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

it.each(THEMES)(
  'every page of a labeler is clean for axe and the content policy in %s',
  async (colorScheme) => {
    const project = await world.createProject({ form: 'ranking', tasks: madeUpTasks(2, 4) });
    const { page } = await world.signIn(await world.createPerson(project.id, 'labeler'), { colorScheme });
    const errors = watch(page);
    const base = `${world.origin}/p/${project.slug}`;
    const found: Record<string, string[]> = {};
    const check = async (name: string) => {
      const list = await violations(page);
      if (list.length > 0) found[name] = list;
    };

    await page.goto(`${base}/label`);
    await page.getByRole('button', { name: 'Submit' }).waitFor();
    await page.keyboard.press('2');
    await check('label');
    await page.keyboard.press('g');
    await page.getByRole('complementary', { name: 'Guideline' }).waitFor();
    await check('guideline');
    await page.keyboard.press('g');
    for (const key of ['?', 's']) {
      await page.keyboard.press(key);
      await page.getByRole('dialog').waitFor();
      // Half transparent text on its way in is no finding.
      await page.waitForFunction(() => document.getAnimations().length === 0);
      await check(`dialog ${key}`);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await page.goto(`${base}/history`);
    await page.getByText('No answers yet').waitFor();
    await check('history');
    await page.goto(`${world.origin}/account`);
    await page.getByText('You have no tokens').waitFor();
    await check('account');
    expect(found).toEqual({});
    expect(errors).toEqual([]);
  },
);

it.each(THEMES)(
  'the pages before signing in are clean for axe and the content policy in %s',
  async (colorScheme) => {
    const page = await (await world.browser.newContext({ colorScheme })).newPage();
    const errors = watch(page);
    for (const path of ['/sign-in', '/reset#token=x']) {
      await page.goto(`${world.origin}${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(await violations(page)).toEqual([]);
    }
    // The main button is as readable under the pointer.
    await page.goto(`${world.origin}/sign-in`);
    await page.getByRole('button', { name: 'Sign in' }).hover();
    expect(await violations(page)).toEqual([]);
    expect(errors).toEqual([]);
  },
);

it.each(['ranking', 'comparison', 'ratings', 'correction'] as const)(
  'the form %s is clean for axe',
  async (form) => {
    const tasks = madeUpTasks(1, { ranking: 4, comparison: 2, ratings: 3, correction: 1 }[form]);
    const project = await world.createProject({ form, tasks });
    const { page } = await world.signIn(await world.createPerson(project.id, 'labeler'));
    await page.goto(`${world.origin}/p/${project.slug}/label`);
    await page.getByRole('button', { name: 'Submit' }).waitFor();
    await page.keyboard.press('1');
    expect(await violations(page)).toEqual([]);
  },
);

it('leads a person who is not signed in to the page they asked for, by the keyboard alone', async () => {
  const project = await world.createProject({ form: 'ranking', tasks: madeUpTasks(1, 2) });
  const { email, password } = await world.createPerson(project.id, 'labeler');
  const page = await (await world.browser.newContext()).newPage();
  const errors = watch(page);
  await page.goto(`${world.origin}/p/${project.slug}/history`);
  await page.getByLabel('E-mail').focus();
  // Nothing was asked of the API that it had to refuse.
  expect(errors).toEqual([]);
  await page.keyboard.type(email);
  await page.keyboard.press('Tab');
  await page.keyboard.type('not the password');
  await page.keyboard.press('Enter');
  await page.getByText('E-mail or password is wrong').waitFor();
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Your answers' }).waitFor();
});

it('does not lead to another site after signing in', async () => {
  const project = await world.createProject({ form: 'ranking', tasks: madeUpTasks(1, 2) });
  const { email, password } = await world.createPerson(project.id, 'labeler');
  const page = await (await world.browser.newContext()).newPage();
  await page.goto(`${world.origin}/sign-in?next=${encodeURIComponent('//elsewhere.test/')}`);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Submit' }).waitFor();
  expect(new URL(page.url()).origin).toBe(world.origin);
});

it('an invitation link is read, accepted and then useless', async () => {
  const project = await world.createProject({ form: 'ranking', tasks: madeUpTasks(1, 2) });
  const path = await world.createInvitation(project.id, 'labeler');
  const page = await (await world.browser.newContext()).newPage();
  await page.goto(`${world.origin}${path}`);
  await page.getByLabel('Name').fill('Anna');
  await page.getByLabel('E-mail').fill(`anna-${Date.now()}@example.test`);
  await page.getByLabel('Password', { exact: true }).fill('a sentence nobody guesses');
  await page.getByRole('button', { name: 'Join' }).click();
  await page.getByRole('button', { name: 'Submit' }).waitFor();
  const second = await (await world.browser.newContext()).newPage();
  await second.goto(`${world.origin}${path}`);
  await second.getByRole('heading', { name: 'This invitation cannot be used' }).waitFor();
});

it('an API token is shown once and can be revoked', async () => {
  const project = await world.createProject({ form: 'ranking', tasks: [] });
  const { page } = await world.signIn(await world.createPerson(project.id, 'labeler'));
  await page.goto(`${world.origin}/account`);
  await page.getByLabel('Name of a new token').fill('script');
  await page.getByRole('button', { name: 'Make token' }).click();
  const secret = await page
    .locator('code')
    .filter({ hasText: /^rl_.{20,}/ })
    .innerText();
  const who = () => fetch(`${world.origin}/api/v1/me`, { headers: { authorization: `Bearer ${secret}` } });
  expect((await who()).status).toBe(200);
  await page.getByRole('button', { name: 'Revoke script' }).click();
  await page.getByText('You have no tokens').waitFor();
  expect((await who()).status).toBe(401);
});
