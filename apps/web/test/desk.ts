import type { FormSpec } from '@rankloop/contracts';
import { eventually } from '@rankloop/testkit';
import type { BrowserContextOptions, Page } from 'playwright-core';
import type { World } from './world.ts';

export const RANKING: FormSpec = { ranking: { allowTies: true, allowPartial: true } };
export const COMPARISON: FormSpec = { comparison: { allowTie: true, allowBothBad: true } };
export const RATINGS: FormSpec = {
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
export const CORRECTION: FormSpec = { correction: { required: true } };

export const PHONE: BrowserContextOptions = {
  viewport: { width: 360, height: 740 },
  hasTouch: true,
  isMobile: true,
};

const DESKTOP: BrowserContextOptions = { viewport: { width: 1440, height: 900 } };

export interface SitDownOptions {
  leaseTtlMs?: number;
  browser?: BrowserContextOptions;
}

/** A labeler with the first task of a new project on the screen. */
export async function sitDown(
  world: World,
  form: FormSpec,
  tasks: readonly (readonly string[])[],
  { browser = DESKTOP, ...options }: SitDownOptions = {},
) {
  const project = await world.createProject({ form, tasks, ...options });
  const { context, page } = await world.signIn(await world.createPerson(project.id, 'labeler'), browser);
  await page.goto(`${world.origin}/p/${project.slug}/label`);
  await page.getByRole('button', { name: 'Submit' }).waitFor();
  return {
    projectId: project.id,
    page,
    context,
    /** Answers in the database, oldest first, once there are so many. */
    answers: (count: number) => readAnswers(world, project.id, count),
  };
}

function readAnswers(world: World, projectId: string, count: number) {
  const { judgement } = world.db.prisma;
  return eventually(
    async () => {
      const rows = await judgement.findMany({ where: { projectId }, orderBy: { createdAt: 'asc' } });
      return rows.length >= count ? rows : null;
    },
    { what: `${count} answers` },
  );
}

type Answer = Awaited<ReturnType<typeof readAnswers>>[number];

/** The ranks of an answer in the order in which the outputs were shown. */
export function shownRanks(answer: Answer | undefined): unknown[] {
  const ranks = new Map<string, unknown>(Object.entries(answer?.ranks ?? {}));
  return (answer?.shownOrder ?? []).map((id) => ranks.get(id));
}

export async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

export function textOf(page: Page, letter: string): Promise<string> {
  return page
    .getByRole('article', { name: new RegExp(`^Output ${letter}\\b`) })
    .locator('.lab-text')
    .innerText();
}

/** The order as the tray shows it, such as "A>C>B=D". */
export async function orderOf(page: Page): Promise<string> {
  return (await page.locator('.lab-order').innerText()).replace(/\s/g, '');
}

/** The middles of two elements. */
export async function middles(page: Page, from: string, to: string) {
  const [start, end] = await Promise.all([page.locator(from).boundingBox(), page.locator(to).boundingBox()]);
  if (!start || !end) throw new Error(`Nothing to drag from ${from} to ${to}`);
  const middle = ({ x, y, width, height }: typeof start) => ({ x: x + width / 2, y: y + height / 2 });
  return { start: middle(start), end: middle(end) };
}

/** Drags with the mouse: picks `from` up, then moves until a place of the tray says that it would take it. */
export async function drag(page: Page, from: string, to: string): Promise<void> {
  const { start, end } = await middles(page, from, to);
  await page.mouse.move(start.x, start.y);
  await page.mouse.down();
  await page.mouse.move(start.x + 10, start.y, { steps: 3 });
  await page.locator('[data-moving]').waitFor();
  await page.mouse.move(end.x, end.y, { steps: 8 });
  await page.locator(':is(.lab-gap, .lab-tier, .lab-unranked)[data-over]').waitFor();
  await page.mouse.up();
  await page.locator('[data-moving]').waitFor({ state: 'detached' });
}

/** Drags with one finger: rests on `from` until it is picked up, then moves until `to` says that it would take it. */
export async function dragByTouch(page: Page, from: string, to: string): Promise<void> {
  const finger = await page.context().newCDPSession(page);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...touchPoints: { x: number; y: number }[]) =>
    finger.send('Input.dispatchTouchEvent', { type, touchPoints });
  const { start, end } = await middles(page, from, to);
  await touch('touchStart', start);
  await page.locator('[data-moving]').waitFor();
  for (const part of [0.25, 0.5, 0.75, 1]) {
    await touch('touchMove', {
      x: start.x + (end.x - start.x) * part,
      y: start.y + (end.y - start.y) * part,
    });
  }
  await page.locator(`${to} >> visible=true`).and(page.locator('[data-over]')).waitFor();
  await touch('touchEnd');
  await page.locator('[data-moving]').waitFor({ state: 'detached' });
  await finger.detach();
}
