import { createTask, eventually } from '@rankloop/testkit';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { press, RANKING, sitDown } from './desk.ts';
import { madeUpTasks, startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ own: true });
});
afterAll(() => world.close());

const NOTHING_LEFT = { name: 'Nothing left for you' };

/** A labeler who has answered the only task of a new project. */
async function openAtRest() {
  const desk = await sitDown(world, RANKING, madeUpTasks(1, 2));
  const streams = watchStreams(desk.context);
  await press(desk.page, '1', '2', 'Enter');
  await desk.page.getByRole('heading', NOTHING_LEFT).waitFor();
  return { ...desk, streams };
}

/** A researcher of a project with one answer, on the page that lists them. */
async function openJudgements() {
  const project = await world.createProject({ form: RANKING, tasks: madeUpTasks(6, 2) });
  const { context, page } = await world.signIn(await world.createPerson(project.id, 'researcher'));
  const streams = watchStreams(context);
  const url = `${world.origin}/p/${project.slug}/judgements`;
  await openPage(page, url);
  return { project, context, page, streams, url };
}

/** Until the page listens: what happens before that it reads by itself. */
async function openPage(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByRole('heading', { name: 'Judgements', exact: true }).waitFor();
}

/** Addresses of the streams that a browser has asked for. */
function watchStreams(context: BrowserContext): string[] {
  const seen: string[] = [];
  context.on('request', (request) => {
    if (request.resourceType() === 'eventsource') seen.push(request.url());
  });
  return seen;
}

/** Loads of the page itself: what came without one came live. */
function watchLoads(page: Page): string[] {
  const seen: string[] = [];
  page.on('framenavigated', (frame) => frame === page.mainFrame() && seen.push(frame.url()));
  return seen;
}

/** Keeps the streams that a tab asks for from reaching the server until they are let go. */
async function holdStreams(page: Page): Promise<() => void> {
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  await page.route(/\/api\/v1\/events/, async (route) => {
    await held;
    await route.continue();
  });
  return letGo;
}

/** What a round does when its outputs are ready: a task more, told to all who listen. */
async function addTask(projectId: string): Promise<void> {
  const { prisma } = world.db;
  const form = await prisma.formVersion.findFirstOrThrow({ where: { projectId } });
  await createTask(prisma, { projectId, formVersionId: form.id, outputs: 2 });
  await prisma.liveEvent.create({ data: { topic: 'task', projectId, data: { created: 1 } } });
}

/** One answer by a labeler in a browser of their own, and the news of it, which the server tells a little later. */
async function judge(project: { id: string; slug: string }): Promise<void> {
  const where = { projectId: project.id, topic: 'judgement' };
  const before = await world.db.prisma.liveEvent.count({ where });
  const { page, context } = await world.signIn(await world.createPerson(project.id, 'labeler'));
  await page.goto(`${world.origin}/p/${project.slug}/label`);
  await page.getByRole('button', { name: 'Submit' }).waitFor();
  await press(page, '1', '2', 'Enter');
  await eventually(async () => (await world.db.prisma.liveEvent.count({ where })) > before, {
    what: 'the news of the answer',
  });
  await context.close();
}

const rows = (page: Page) => page.getByRole('region', { name: 'Judgements' }).locator('tbody tr');

describe('news arrive without a reload', () => {
  it('a judgement, on the page of a researcher', async () => {
    const { page, project, context } = await openJudgements();
    const loads = watchLoads(page);
    await judge(project);
    await expect.poll(() => rows(page).count()).toBe(1);
    expect(loads).toEqual([]);
    await context.close();
  });

  it('a task, on the page of a labeler who had none left', async () => {
    const { page, projectId, context } = await openAtRest();
    const loads = watchLoads(page);
    await addTask(projectId);
    await page.getByRole('button', { name: 'Submit' }).waitFor();
    expect(loads).toEqual([]);
    await context.close();
  });

  it('what happened while the server was away, once it is back', async () => {
    const { page, projectId, context, streams } = await openAtRest();
    const loads = watchLoads(page);
    const before = streams.length;
    await world.restartApi(() => addTask(projectId));
    await page.getByRole('button', { name: 'Submit' }).waitFor();
    // The page also asks for tasks by itself, and may be ahead of its own stream.
    await expect.poll(() => streams.length).toBeGreaterThan(before);
    expect(loads).toEqual([]);
    await context.close();
  });
});

describe('the pages of one browser', () => {
  it('share one stream, and another takes over when the one that reads is closed', async () => {
    const { page, project, context, streams, url } = await openJudgements();
    const second = await context.newPage();
    await openPage(second, url);
    await judge(project);
    for (const tab of [page, second]) await expect.poll(() => rows(tab).count()).toBe(1);
    expect(streams).toHaveLength(1);
    await page.close();
    await expect.poll(() => streams.length).toBe(2);
    await judge(project);
    await expect.poll(() => rows(second).count()).toBe(2);
    expect(streams).toHaveLength(2);
    await context.close();
  });

  it('do not fight over the stream where a browser has no locks: the newest reads for all', async () => {
    const { page, project, context, streams, url } = await openJudgements();
    // As on plain http at any name but localhost.
    await context.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'locks'));
    await page.reload();
    await page.getByRole('heading', { name: 'Judgements', exact: true }).waitFor();
    await expect.poll(() => streams.length).toBe(2);
    const second = await context.newPage();
    await openPage(second, url);
    await expect.poll(() => streams.length).toBe(3);
    await judge(project);
    for (const tab of [page, second]) await expect.poll(() => rows(tab).count()).toBe(1);
    // The first one was told that it is replaced, and has not asked again.
    expect(streams).toHaveLength(3);
    await context.close();
  });
});

describe('a tab that takes the stream over hears what came between the two streams', () => {
  it('from the tab that was closed', async () => {
    const { page, project, context, streams, url } = await openJudgements();
    const second = await context.newPage();
    await openPage(second, url);
    const letGo = await holdStreams(second);
    await page.close();
    await expect.poll(() => streams.length).toBe(2);
    await judge(project);
    letGo();
    await expect.poll(() => rows(second).count()).toBe(1);
    await context.close();
  });

  it('from a newer tab that is left, where a browser has no locks', async () => {
    const { page, project, context, streams, url } = await openJudgements();
    await context.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'locks'));
    await openPage(page, url);
    await expect.poll(() => streams.length).toBe(2);
    const second = await context.newPage();
    await openPage(second, url);
    await judge(project);
    for (const tab of [page, second]) await expect.poll(() => rows(tab).count()).toBe(1);
    const letGo = await holdStreams(page);
    await second.goto('about:blank');
    await expect.poll(() => streams.length).toBe(4);
    await judge(project);
    letGo();
    await expect.poll(() => rows(page).count()).toBe(2);
    await context.close();
  });
});

describe('a page whose session ends is left for the sign-in page', () => {
  const atSignIn = (page: Page, slug: string) =>
    page.waitForURL((url) => url.pathname === '/sign-in' && url.search.includes(slug));

  it('when the person signs out in another tab', async () => {
    const { page, project, context, url } = await openJudgements();
    const second = await context.newPage();
    await openPage(second, url);
    await second.getByRole('button', { name: /account of/ }).click();
    await second.getByRole('menuitem', { name: 'Sign out' }).click();
    await second.waitForURL((address) => address.pathname === '/sign-in');
    await atSignIn(page, project.slug);
    await context.close();
  });

  it('when the password is changed on another machine, which stays signed in', async () => {
    const project = await world.createProject({ form: RANKING, tasks: madeUpTasks(1, 2) });
    const account = await world.createPerson(project.id, 'researcher');
    const here = await world.signIn(account);
    const there = await world.signIn(account);
    for (const { page } of [here, there])
      await openPage(page, `${world.origin}/p/${project.slug}/judgements`);
    const answer = await there.context.request.post(`${world.origin}/api/v1/me/password`, {
      data: { current: account.password, next: 'another long sentence' },
      headers: { origin: world.origin },
    });
    expect(answer.ok()).toBe(true);
    await atSignIn(here.page, project.slug);
    await there.page.reload();
    await there.page.getByRole('heading', { name: 'Judgements', exact: true }).waitFor();
    await Promise.all([here.context.close(), there.context.close()]);
  });

  it('when an admin disables the person, whose unsent work stays in the browser', async () => {
    const project = await world.createProject({ form: RANKING, tasks: madeUpTasks(2, 2) });
    const account = await world.createPerson(project.id, 'labeler');
    const { page, context } = await world.signIn(account);
    await page.goto(`${world.origin}/p/${project.slug}/label`);
    await page.getByRole('button', { name: 'Submit' }).waitFor();
    await press(page, '1');
    const admin = await world.createPerson(project.id, 'admin');
    await world.db.prisma.user.update({ where: { email: admin.email }, data: { siteAdmin: true } });
    const theirs = await world.signIn(admin);
    const person = await world.db.prisma.user.findFirstOrThrow({ where: { email: account.email } });
    const answer = await theirs.context.request.post(`${world.origin}/api/v1/users/${person.id}/disable`, {
      headers: { origin: world.origin },
    });
    expect(answer.status()).toBeLessThan(300);
    await atSignIn(page, project.slug);
    const drafts = await page.evaluate(() =>
      Object.keys(localStorage).filter((key) => key.includes('draft')),
    );
    expect(drafts).toHaveLength(1);
    await Promise.all([context.close(), theirs.context.close()]);
  });
});
