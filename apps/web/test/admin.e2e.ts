import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { FORM_PRESETS, FormKind, type FormSpec } from '@rankloop/contracts';
import { createMember, eventually } from '@rankloop/testkit';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { madeUpTasks, startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

/** An admin of a new project on one of its pages. */
async function openAs(path: string, options: { siteAdmin?: boolean; form?: FormSpec } = {}) {
  const project = await world.createProject({
    form: options.form ?? 'ranking',
    tasks: madeUpTasks(2, 3),
  });
  const account = await world.createPerson(project.id, 'admin');
  if (options.siteAdmin === true) {
    await world.db.prisma.user.update({ where: { email: account.email }, data: { siteAdmin: true } });
  }
  const { context, page } = await world.signIn(account);
  await page.goto(`${world.origin}/p/${project.slug}${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return { project, context, page };
}

it('an admin invites a person by a link that is shown once, and the person joins with it', async () => {
  const { page, project } = await openAs('/people');
  await page.getByLabel('E-mail (may stay empty)').fill('bea@example.test');
  await page.getByRole('button', { name: 'Make a link' }).click();
  const link = await page.getByTestId('one-time-link').innerText();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('row', { name: /bea@example.test labeler .* open/ }).waitFor();
  expect(await page.getByText(link).count()).toBe(0);

  // Whoever is in the project already has nothing to join.
  const own = await page.context().newPage();
  await own.goto(link);
  await own.getByRole('link', { name: 'Open the project' }).click();
  await own.waitForURL(`**/p/${project.slug}**`);

  const guest = await (await world.browser.newContext()).newPage();
  await guest.goto(link);
  await guest.getByLabel('Name').fill('Bea');
  await guest.getByLabel('Password', { exact: true }).fill('a sentence nobody guesses');
  await guest.getByRole('button', { name: 'Join' }).click();
  await guest.waitForURL(`**/p/${project.slug}/label`);
  await page.reload();
  await page.getByRole('row', { name: /^Bea bea@example.test/ }).waitFor();
});

it('an open invitation is revoked, and its link is useless', async () => {
  const { page } = await openAs('/people');
  await page.getByRole('button', { name: 'Make a link' }).click();
  const link = await page.getByTestId('one-time-link').innerText();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: /^Revoke/ }).click();
  await page.getByText('revoked').waitFor();
  const guest = await (await world.browser.newContext()).newPage();
  await guest.goto(link);
  await guest.getByRole('heading', { name: 'This invitation cannot be used' }).waitFor();
});

it('a role is changed and a member removed, and the audit trail tells of both', async () => {
  const { page, project } = await openAs('/people');
  const member = await createMember(world.db.prisma, project.id, 'labeler');
  await page.reload();
  await page.getByLabel(`Role of ${member.name}`).selectOption('researcher');
  await eventually(async () => {
    const row = await world.db.prisma.membership.findFirst({ where: { userId: member.id } });
    return row?.role === 'researcher';
  });
  await page.getByRole('button', { name: `Remove ${member.name}` }).click();
  await page.getByRole('button', { name: 'Remove', exact: true }).last().click();
  await page.getByRole('row', { name: new RegExp(member.name) }).waitFor({ state: 'detached' });
  await page.getByRole('tab', { name: 'Audit trail' }).click();
  for (const action of ['Person taken out of the project', 'Role changed'])
    await page.getByRole('row').filter({ hasText: action }).filter({ hasText: member.name }).waitFor();
});

it('a site admin disables a person, whose session ends at once, enables them and makes a reset link', async () => {
  const { page, project } = await openAs('/people?tab=accounts', { siteAdmin: true });
  const labeler = await world.createPerson(project.id, 'labeler');
  const theirs = await world.signIn(labeler);
  const me = () => theirs.context.request.get(`${world.origin}/api/v1/me`).then((answer) => answer.status());
  expect(await me()).toBe(200);
  await page.reload();
  const row = page.getByRole('row', { name: new RegExp(labeler.email) });
  await row.getByRole('button', { name: /^Disable/ }).click();
  await page.getByRole('button', { name: 'Disable', exact: true }).last().click();
  await row.getByText('disabled').waitFor();
  expect(await me()).toBe(401);
  await row.getByRole('button', { name: /^Enable/ }).click();
  await row.getByText('may sign in').waitFor();
  await row.getByRole('button', { name: /^Reset link/ }).click();
  const link = await page.getByTestId('one-time-link').innerText();
  const guest = await (await world.browser.newContext()).newPage();
  await guest.goto(link);
  await guest.getByLabel('New password').fill('another long sentence');
  await guest.getByRole('button', { name: 'Set password' }).click();
  await guest.getByRole('heading', { name: 'The new password is set' }).waitFor();
});

it('judgements are frozen and exported, and the download has the hash of its manifest', async () => {
  const { page, project, context } = await openAs('/datasets');
  await judgeOne(project.slug, project.id);
  await page.getByLabel(/Name of a new snapshot/).fill('First');
  await page.getByRole('button', { name: 'Freeze judgements' }).click();
  await page.getByText('First holds 1 judgement.').waitFor();
  await page.getByRole('button', { name: 'Export First' }).click();
  await page.getByRole('radio', { name: /Preference rows/ }).check();
  const hash = page.locator('code').filter({ hasText: /^[0-9a-f]{64}$/ });
  await page.getByText(/^1 rows/).waitFor();
  const expected = await hash.innerText();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download' }).click(),
  ]);
  const rows = gunzipSync(await readFile(await download.path()));
  expect(createHash('sha256').update(rows).digest('hex')).toBe(expected);
  expect(Object.keys(JSON.parse(rows.toString()) as object)).toEqual(
    expect.arrayContaining(['prompt', 'chosen', 'rejected']),
  );
  await context.close();
});

it('a judgement opens as it was seen', async () => {
  const { page, project } = await openAs('/judgements');
  await judgeOne(project.slug, project.id);
  await page.getByRole('row', { name: /B > A/ }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Judgement as it was seen' }).waitFor();
  const first = page.getByRole('article').first();
  await first.getByText('rank 2').waitFor();
});

it('settings are saved: a form of ratings, a guideline, and only what changed gets a new version', async () => {
  const { page, project } = await openAs('/settings');
  await page.getByRole('button', { name: 'Ratings' }).click();
  await page.getByRole('button', { name: 'Add a rating' }).click();
  await page.getByLabel('Called').last().fill('Warmth');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Version 2.').waitFor();
  const forms = await world.db.prisma.formVersion.findMany({
    where: { projectId: project.id },
    orderBy: { version: 'asc' },
  });
  expect(forms.at(-1)?.spec).toMatchObject({
    ratings: { dimensions: [{ id: 'overall' }, { label: 'Warmth' }] },
  });
  await page.getByLabel('Markdown').fill('# Be warm');
  await page.getByRole('group', { name: 'Preview' }).getByText('Be warm').waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Nothing changed.').waitFor();
  expect(await world.db.prisma.formVersion.count({ where: { projectId: project.id } })).toBe(2);
});

describe('a new project', () => {
  /** A site admin on the page that makes projects. */
  async function openForm() {
    const { context, page } = await openAs('/settings', { siteAdmin: true });
    await page.goto(`${world.origin}/new-project`);
    await page.getByRole('button', { name: 'Make project' }).waitFor();
    return { context, page };
  }
  const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute('name'));

  it('is refused at the field that is wrong, which gets the focus', async () => {
    const { page, context } = await openForm();
    const submit = page.getByRole('button', { name: 'Make project' });
    const name = page.getByRole('textbox', { name: 'Name' });
    const overlap = page.getByRole('textbox', { name: 'Answers wanted per task' });
    await overlap.fill('51');
    await submit.click();
    await page.getByText('Give the project a name').waitFor();
    expect(await focused(page)).toBe('name');
    expect(await name.getAttribute('aria-invalid')).toBe('true');
    await page.keyboard.type('   ');
    await page.keyboard.press('Enter');
    await page.getByText('Give the project a name').waitFor();
    await name.fill('Kettles');
    await page.getByText('Give the project a name').waitFor({ state: 'detached' });
    await submit.click();
    await page.getByText('Give a whole number from 1 to 50').waitFor();
    expect(await focused(page)).toBe('overlap');
    const before = await world.db.prisma.project.count({ where: { name: 'Kettles' } });
    expect(before).toBe(0);
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('2');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/p\/kettles/);
    const made = await world.db.prisma.project.findFirstOrThrow({ where: { name: 'Kettles' } });
    expect(made.overlap).toBe(2);
    await context.close();
  });

  it('is made from every starting form, and its page opens', async () => {
    const { page, context } = await openForm();
    for (const kind of FormKind.options) {
      await page.goto(`${world.origin}/new-project`);
      await page.getByRole('textbox', { name: 'Name' }).fill(`Made for ${kind}`);
      await page.getByLabel('Description').fill('Which kettle is warm');
      await page.getByRole('radio', { name: FORM_PRESETS[kind].label }).check();
      await page.getByRole('button', { name: 'Make project' }).click();
      await page.waitForURL(new RegExp(`/p/made-for-${kind}`));
      await page.getByRole('navigation', { name: 'The loop' }).waitFor();
      const form = await world.db.prisma.formVersion.findFirstOrThrow({
        where: { project: { name: `Made for ${kind}`, description: 'Which kettle is warm' } },
      });
      expect(form.spec).toEqual(FORM_PRESETS[kind].spec);
    }
    await context.close();
  });

  it('is not offered to a person who may not make one', async () => {
    const { page, context } = await openAs('/settings');
    await page.goto(`${world.origin}/new-project`);
    await page.getByText('Only a site admin makes projects').waitFor();
    expect(await page.getByRole('button', { name: 'Make project' }).count()).toBe(0);
    await context.close();
  });
});

/** One answer by a person of its own: the second output before the first. */
async function judgeOne(slug: string, projectId: string): Promise<void> {
  const { page, context } = await world.signIn(await world.createPerson(projectId, 'labeler'));
  await page.goto(`${world.origin}/p/${slug}/label`);
  await page.getByRole('button', { name: 'Submit' }).waitFor();
  for (const key of ['2', '1', '0', 'Enter']) await page.keyboard.press(key);
  await eventually(async () => (await world.db.prisma.judgement.count({ where: { projectId } })) === 1);
  await context.close();
}
