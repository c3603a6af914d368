import { RewardConfig, SamplingConfig, type CurveResult, type PlaygroundOutput } from '@rankloop/contracts';
import { createCheckpoint, eventually } from '@rankloop/testkit';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { overflow, THEMES, violations, watch } from './checks.ts';
import { madeUpTasks, startWorld, type World } from './world.ts';

// No worker is up here: the test writes into the rows what one would.
let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

const RESULT: CurveResult = {
  points: [15, 30, 60, 120].map((labels, i) => ({ labels, accuracy: 0.6 + 0.04 * i })),
  forecast: [1, 2, 4].map((times) => ({ labels: 120 * times, value: 0.7, low: 0.65, high: 0.75 })),
  deep: { difference: { value: -0.03, low: -0.05, high: -0.01 }, labels: 60, repeats: 4, why: null },
  fresh: null,
  why: null,
};

/** A researcher of a project with two policies and a reward model, on one of its pages. */
async function open(path: string, options = {}) {
  const { prisma } = world.db;
  const project = await world.createProject({ form: 'ranking', tasks: madeUpTasks(1, 2) });
  const projectId = project.id;
  const first = await createCheckpoint(prisma, { projectId });
  const inUse = await createCheckpoint(prisma, { projectId, current: true });
  await createCheckpoint(prisma, { projectId, kind: 'reward' });
  const { page } = await world.signIn(await world.createPerson(projectId, 'researcher'), options);
  await page.goto(`${world.origin}/p/${project.slug}${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return { page, projectId, first, inUse };
}

/** What a worker has drawn so far, and the word of it that open pages hear. */
async function tell(
  projectId: string,
  data: { state: 'running' | 'succeeded'; outputs: PlaygroundOutput[] },
) {
  const { prisma } = world.db;
  const run = await prisma.sideRun.findFirstOrThrow({ where: { projectId, kind: 'playground' } });
  const { state, outputs } = data;
  const endedAt = state === 'succeeded' ? new Date() : null;
  await prisma.sideRun.update({ where: { id: run.id }, data: { state, endedAt, result: { outputs } } });
  const about = { topic: 'side-run', projectId, userId: run.createdById };
  await prisma.liveEvent.create({ data: { ...about, data: { runId: run.id, state } } });
}

const output = (
  checkpointId: string,
  text: string,
  more: Partial<PlaygroundOutput> = {},
): PlaygroundOutput => ({
  checkpointId,
  text,
  tokens: text.length,
  finished: null,
  isPromptCut: false,
  score: null,
  seconds: null,
  ...more,
});

async function measured(projectId: string, policyId: string) {
  const request = {
    snapshotId: projectId,
    judgements: 120,
    policyId,
    config: RewardConfig.parse({}),
    sampling: SamplingConfig.parse({}),
    seed: 1,
  };
  const ended = { state: 'succeeded' as const, endedAt: new Date(), result: { summary: RESULT } };
  await world.db.prisma.sideRun.create({ data: { projectId, kind: 'learning_curve', request, ...ended } });
}

/** What axe finds, a page wider than a phone, and more than one primary button. */
async function faults(page: Page): Promise<string[]> {
  await page.setViewportSize({ width: 1440, height: 900 });
  const found = await violations(page);
  if ((await overflow(page)) > 0) found.push('wider than a desk');
  if ((await page.locator('.mantine-Button-root[data-variant="filled"]').count()) > 1)
    found.push('more than one primary button');
  await page.setViewportSize({ width: 360, height: 740 });
  if ((await overflow(page)) > 0) found.push('wider than a phone');
  return found;
}

describe('the playground', () => {
  it('sends a prompt by the keyboard alone, shows both texts as they grow, and stops', async () => {
    const { page, projectId, first, inUse } = await open('/playground');
    await page.getByRole('textbox', { name: 'Prompt' }).focus();
    await page.keyboard.press('Control+Enter');
    await page.getByText('Write a prompt.').waitFor();
    await page.keyboard.type('A kettle');
    await page.keyboard.press('Control+Enter');
    await page.getByText('Waiting for the worker.').waitFor();
    const { request } = await world.db.prisma.sideRun.findFirstOrThrow({ where: { projectId } });
    expect(request).toMatchObject({
      conversation: [{ role: 'user', content: 'A kettle' }],
      checkpointIds: [first.id, inUse.id],
      seed: 1,
    });
    await tell(projectId, { state: 'running', outputs: [output(first.id, 'It bo')] });
    await page.getByRole('article', { name: first.name }).getByText('It bo', { exact: true }).waitFor();
    const done = output(first.id, 'It boils.', { finished: 'eos', seconds: 0.5, score: 0.25 });
    await tell(projectId, { state: 'running', outputs: [done, output(inUse.id, 'Good')] });
    await page.getByText('9 tokens, ended by itself, 18 tokens/s, score 0.25').waitFor();
    await page.getByRole('article', { name: inUse.name }).getByText('Good', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Stop' }).press('Enter');
    await page.getByText('Stopped. What was drawn stays here.').waitFor();
    const state = async () =>
      (await world.db.prisma.sideRun.findFirstOrThrow({ where: { projectId } })).state;
    await eventually(async () => (await state()) === 'cancelled');
  });
});

describe('the budget', () => {
  it('says that the data are too few, then what to do next, and that nothing has proven it', async () => {
    const { page, projectId, inUse } = await open('/budget');
    await page.getByText('No learning curve has been measured yet.').waitFor();
    await page
      .getByText(/^There are 0 judgements with an answer, of 0 prompts\. A learning curve needs/)
      .waitFor();
    expect(await page.getByRole('button', { name: 'Measure the learning curve' }).isDisabled()).toBe(true);
    await measured(projectId, inUse.id);
    await page.reload();
    await page.getByText('Label more prompts, each once.').waitFor();
    await page.getByText(/^200 more labels of more prompts: held-out accuracy from 70.0 %/).waitFor();
    await page.getByText(/Nothing has shown yet that following it beats a fixed split/).waitFor();
    await page.getByRole('figure', { name: /^Held-out accuracy against labels/ }).waitFor();
    await page.getByRole('textbox', { name: 'Labels to spend' }).fill('5000');
    await page.getByText('Further than that the curve says nothing.').waitFor();
  });
});

it.each(THEMES)('both pages are clean for axe in %s and fit a desk and a phone', async (colorScheme) => {
  const { page, projectId, first, inUse } = await open('/playground', { colorScheme });
  const errors = watch(page);
  await page.getByRole('textbox', { name: 'Prompt' }).fill('A kettle');
  await page.getByRole('button', { name: 'Draw' }).click();
  await page.getByText('Waiting for the worker.').waitFor();
  const long = 'An output that is as long as a word can be'.repeat(9).replaceAll(' ', '');
  const ended = { finished: 'length', seconds: 1, isPromptCut: true } as const;
  const outputs = [output(first.id, long, ended), output(inUse.id, 'Short.', ended)];
  await tell(projectId, { state: 'succeeded', outputs });
  await page.getByText('Done.', { exact: true }).waitFor();
  expect(await faults(page)).toEqual([]);
  await measured(projectId, inUse.id);
  await page.goto(page.url().replace('/playground', '/budget'));
  await page.getByRole('figure').waitFor();
  expect(await faults(page)).toEqual([]);
  expect(errors).toEqual([]);
});
