import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { RoundConfig } from '@rankloop/contracts';
import { createCheckpoint } from '@rankloop/testkit';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { overflow, THEMES, violations, watch } from './checks.ts';
import { madeUpTasks, startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

const PIPELINE = `seed: 5
stages:
  - name: helpful
    recipe: reward
  - name: short
    recipe: reward
  - recipe: ppo
    reward:
      - stage: helpful
        weight: 1
      - stage: short
        weight: 0.5
    config:
      klCoefficient: 0.2
  - recipe: dpo
    policy: ppo
`;

/** A project with a policy and judged tasks, and a person of it on one of its pages. */
async function openAs(role: 'researcher' | 'admin', path: string, options = {}) {
  const { prisma } = world.db;
  const project = await world.createProject({ form: 'ranking', tasks: madeUpTasks(3, 2) });
  const projectId = project.id;
  const policy = await createCheckpoint(prisma, { projectId, current: true });
  const { id: labelerId } = await prisma.user.create({
    data: { name: 'L', email: `${randomUUID()}@example.test` },
  });
  const tasks = await prisma.task.findMany({ where: { projectId }, include: { completions: true } });
  for (const { id: taskId, formVersionId, completions } of tasks) {
    const shownOrder = completions.map(({ completionId }) => completionId);
    const about = { projectId, taskId, labelerId, shownOrder };
    const lease = await prisma.lease.create({
      data: { ...about, state: 'submitted', expiresAt: new Date() },
    });
    await prisma.judgement.create({
      data: {
        ...about,
        leaseId: lease.id,
        revision: 1,
        source: 'person',
        outcome: 'ok',
        ranks: Object.fromEntries(shownOrder.map((id, i) => [id, i + 1])),
        activeMs: 1,
        formVersionId,
        bodyHash: taskId,
      },
    });
  }
  const { page } = await world.signIn(await world.createPerson(projectId, role), options);
  const base = `${world.origin}/p/${project.slug}`;
  await page.goto(`${base}${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return { page, projectId, policyId: policy.id, base };
}

const stageTitles = (page: Page) =>
  page.getByRole('heading', { level: 3, name: /^Stage \d/ }).allInnerTexts();
const start = (page: Page) => page.getByRole('button', { name: 'Start round' });

describe('a round of stages', () => {
  it('is composed by the keyboard alone, and what is wrong is said before it starts', async () => {
    const { page } = await openAs('researcher', '/rounds/new');
    await page.getByRole('radio', { name: 'DPO (Rafailov 2023)' }).check();
    expect(await stageTitles(page)).toEqual(['Stage 1: DPO']);
    const addByKeys = async (recipe: RegExp) => {
      await page.getByRole('button', { name: 'Add a stage' }).press('Enter');
      await page.getByRole('menuitem', { name: recipe }).press('Enter');
      await page.getByRole('menu').waitFor({ state: 'detached' });
    };
    await addByKeys(/^PPO/);
    // Work goes on in the new stage.
    expect(await page.evaluate(() => document.activeElement?.getAttribute('value'))).toBe('ppo');
    await page.getByText('Stage 2, reward: Choose a stage that makes a reward model').waitFor();
    expect(await start(page).isDisabled()).toBe(true);

    await addByKeys(/^Reward model/);
    const up = page.getByRole('button', { name: /^Move Stage \d: Reward model up$/ });
    await up.focus();
    await page.keyboard.press('Enter');
    // The button goes with its stage, and keeps the focus.
    await page.keyboard.press('Enter');
    expect(await stageTitles(page)).toEqual(['Stage 1: Reward model', 'Stage 2: DPO', 'Stage 3: PPO']);
    await page.getByText('Reward model "reward" is now stage 1 of 3.').waitFor({ state: 'attached' });
    const ppo = page
      .getByRole('listitem')
      .filter({ has: page.getByRole('heading', { name: 'Stage 3: PPO' }) });
    await ppo.getByRole('combobox', { name: 'Reward model' }).selectOption('reward');
    await page.getByText('Stage 1, from: "ppo" comes later.').waitFor();
    await page.getByRole('combobox', { name: 'Starts from' }).selectOption('start (of the round)');
    await page.waitForFunction(() => document.querySelector('#start-missing') === null);
    await ppo.getByRole('textbox', { name: 'KL coefficient' }).fill('much');
    await page.getByText('Stage 3, klCoefficient: Give a number from 0 to 10.').waitFor();
  });

  it('is pasted as one document, which says the line of a mistake, and starts as it stands', async () => {
    const { page, projectId } = await openAs('researcher', '/rounds/new');
    await page.getByRole('tab', { name: 'YAML' }).click();
    const text = page.getByRole('textbox', { name: 'The round as YAML' });
    expect(await text.inputValue()).toContain('recipe: reward');
    await text.fill(PIPELINE.replace('klCoefficient', 'klCoeficient'));
    await page.getByText('Line 14, Stage 3, klCoeficient: There is no "klCoeficient" here.').waitFor();
    expect(await start(page).isDisabled()).toBe(true);
    await text.fill(PIPELINE);
    await page.getByRole('tab', { name: 'Stages' }).click();
    expect(await stageTitles(page)).toEqual([
      'Stage 1: Reward model',
      'Stage 2: Reward model',
      'Stage 3: PPO',
      'Stage 4: DPO',
    ]);
    await start(page).click();
    await page.getByRole('heading', { name: 'Round 1' }).waitFor();
    const { config } = await world.db.prisma.round.findFirstOrThrow({ where: { projectId } });
    expect(config).toMatchObject({
      seed: 5,
      stages: [{ name: 'helpful' }, { name: 'short' }, {}, { policy: 'ppo' }],
    });
    for (const title of [
      'Reward model: helpful',
      'Reward model: short',
      'PPO',
      'DPO',
      'Compare',
      'New tasks',
    ])
      await page.getByRole('listitem').filter({ hasText: title }).first().waitFor();
  });

  it('is cloned with a change', async () => {
    const { page, projectId, base } = await openAs('researcher', '/rounds');
    const { id } = await endedRound(projectId);
    await page.goto(`${base}/rounds/${id}`);
    await page.getByRole('link', { name: 'Start another with these' }).click();
    await page.getByRole('radio', { name: 'Round 1' }).waitFor();
    expect(await stageTitles(page)).toHaveLength(4);
    await page.getByRole('button', { name: 'Remove Stage 4: DPO' }).click();
    await start(page).click();
    await page.getByRole('heading', { name: 'Round 2' }).waitFor();
    const copy = await world.db.prisma.round.findFirstOrThrow({ where: { projectId, number: 2 } });
    expect(copy.config).toMatchObject({ stages: [{ name: 'helpful' }, { name: 'short' }, { name: 'ppo' }] });
  });
});

/** A round of several stages that is over, with curves, held back by the gate. */
async function endedRound(projectId: string) {
  const { prisma } = world.db;
  const { id: baseCheckpointId } = await prisma.checkpoint.findFirstOrThrow({ where: { projectId } });
  const config = RoundConfig.parse({
    stages: [
      { name: 'helpful', recipe: 'reward' },
      { name: 'short', recipe: 'reward' },
      {
        recipe: 'ppo',
        reward: [
          { stage: 'helpful', weight: 1 },
          { stage: 'short', weight: 0.5 },
        ],
      },
      { recipe: 'dpo', policy: 'ppo' },
    ],
  });
  const names = ['snapshot', 'helpful', 'short', 'ppo', 'dpo', 'sample', 'queue'];
  const now = new Date();
  const interval = { value: 0.5, low: 0.4, high: 0.6, n: 40, judge: 'reward model' };
  const round = await prisma.round.create({
    data: {
      projectId,
      number: 1,
      recipe: 'dpo',
      state: 'succeeded',
      config,
      baseCheckpointId,
      startedAt: now,
      endedAt: now,
      summary: {
        winRate: interval,
        newTasks: 0,
        promotion: { promoted: false, reasons: ['The win rate over the base is 50.0 %: too low.'] },
      },
      stages: {
        create: names.map((name, position) => ({
          position,
          name,
          state: 'done',
          startedAt: now,
          endedAt: now,
        })),
      },
    },
  });
  const curves = { helpful: 'accuracy', short: 'loss', ppo: 'objective/kl', dpo: 'rewards/margins' };
  await prisma.metric.createMany({
    data: Object.entries(curves).flatMap(([stage, name]) =>
      [name, 'grad_norm'].flatMap((metric) =>
        [1, 2, 3].map((step) => ({
          roundId: round.id,
          attempt: 1,
          stage,
          name: metric,
          step,
          value: step / 4,
        })),
      ),
    ),
  });
  return round;
}

/** Outputs of base and new policy for every prompt, and the rewards of each step. */
async function draw(projectId: string, roundId: string): Promise<void> {
  const { prisma } = world.db;
  const prompts = await prisma.prompt.findMany({ where: { projectId } });
  const round = { roundId, attempt: 1 };
  await prisma.roundSample.createMany({
    data: prompts.flatMap(({ id: promptId }, i) => [
      { ...round, promptId, policy: 'base', step: 0, text: 'The kettle is old and loud.', score: -i },
      { ...round, promptId, policy: 'now', step: 3, text: 'The kettle is new and quiet.', score: i, kl: i },
    ]),
  });
  await prisma.metric.createMany({
    data: [1, 2, 3].map((step) => ({ ...round, stage: 'ppo', name: 'objective/scores', step, value: step })),
  });
}

/** What a button hands to the browser. */
async function download(page: Page, button: RegExp): Promise<Buffer> {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ]);
  return readFile(await file.path());
}

describe('the list of rounds', () => {
  it('is one link in a list that is narrowed and compared by its address', async () => {
    const { page, base, projectId } = await openAs('researcher', '/rounds');
    const { id } = await endedRound(projectId);
    await page.reload();
    const link = page.getByRole('link', { name: 'Round 1' });
    expect(await link.getAttribute('href')).toBe(`${new URL(base).pathname}/rounds/${id}`);
    await page.getByRole('checkbox', { name: 'Compare round 1' }).click();
    await page.getByText('None of the chosen rounds has recorded objective/scores.').waitFor();
    await page.getByRole('combobox', { name: 'Metric' }).selectOption('objective/kl');
    await page.getByRole('figure', { name: /^objective\/kl/ }).waitFor();
    await page.reload();
    await page.getByRole('figure', { name: /^objective\/kl/ }).waitFor();
    await page.getByText('Files of objective/kl').click();
    const csv = await download(page, /^objective\/kl.* as CSV$/);
    expect(csv.toString('utf8')).toMatch(/^step,round 1\r\n1,-?[\d.e-]+\r\n2,/);
    const png = await download(page, /^objective\/kl.* as PNG$/);
    expect(png.subarray(1, 4).toString('latin1')).toBe('PNG');
    expect(png.length).toBeGreaterThan(2000);
    await page.goto(`${base}/rounds?state=failed`);
    await page.getByRole('heading', { name: 'No such round' }).waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    await link.click();
    await page.getByRole('heading', { name: 'Round 1' }).waitFor();
  });
});

describe('the page of a round', () => {
  it('shows how rewards lie, and its outputs are searched, sorted and compared word by word', async () => {
    const { page, base, projectId } = await openAs('researcher', '/rounds');
    const { id } = await endedRound(projectId);
    await draw(projectId, id);
    await page.goto(`${base}/rounds/${id}`);
    await page.getByRole('figure', { name: /^Outputs by score/ }).waitFor();
    await page.getByRole('figure', { name: /^Reward against distance/ }).waitFor();
    const cards = page.getByRole('article');
    await cards.first().waitFor();
    await page.getByRole('combobox', { name: 'Order of the prompts' }).selectOption('Lost most to the base');
    await page.getByRole('switch', { name: 'Mark what changed' }).click();
    await page.locator('article ins, article del').first().waitFor();
    await page.getByLabel('Search prompts and outputs').fill('no text has these words');
    await page.getByText('No prompt and no output has these words.').waitFor();
    await page.goto(`${base}/rounds/new?from=${randomUUID()}`);
    await page.getByText('The settings of that round could not be read.').waitFor();
  });
});

describe.each(THEMES)('the pages of a round of stages in %s', (colorScheme) => {
  it('draw every stage, say why a policy was held back, are clean for axe and fit a phone', async () => {
    const { page, projectId, base } = await openAs('researcher', '/rounds', { colorScheme });
    const { id } = await endedRound(projectId);
    await draw(projectId, id);
    const errors = watch(page);
    const check = async () => {
      const found = await violations(page);
      await page.setViewportSize({ width: 360, height: 740 });
      if ((await overflow(page)) > 0) found.push('wider than a phone');
      await page.setViewportSize({ width: 1440, height: 900 });
      return found;
    };
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(`${base}/rounds/${id}`);
    for (const title of [/^Reward accuracy/, /^Reward loss/, /^KL to reference/, /^Lead of the preferred/])
      await page.getByRole('figure', { name: title }).waitFor();
    await page.getByText('The new policy was not put in use').waitFor();
    await page.getByRole('figure', { name: /^Reward against distance/ }).waitFor();
    await page.getByRole('article').first().waitFor();
    for (const foot of await page.locator('.rounds-chart-foot > summary').all()) await foot.click();
    expect(await check()).toEqual([]);
    await page.goto(`${base}/rounds?compare=${id}&metric=objective/kl&recipe=dpo`);
    await page.getByRole('figure', { name: /^objective\/kl/ }).waitFor();
    await page.getByRole('link', { name: 'Round 1' }).waitFor();
    expect(await check()).toEqual([]);
    await page.goto(`${base}/rounds/new?from=${id}`);
    await page.getByRole('heading', { name: 'Stage 4: DPO' }).waitFor();
    expect(await check()).toEqual([]);
    await page.getByRole('tab', { name: 'YAML' }).click();
    await page.getByRole('textbox', { name: 'The round as YAML' }).fill('stages: 3');
    await page.getByText('Line 1, Stages: Give a list').waitFor();
    expect(await check()).toEqual([]);
    expect(errors).toEqual([]);
  });
});

it('an admin lets rounds start by themselves, and sets the gate', async () => {
  const { page, projectId } = await openAs('admin', '/settings');
  await page
    .getByRole('combobox', { name: 'A round starts' })
    .selectOption('When enough new judgements came');
  await page.getByLabel('New judgements').fill('250');
  await page.getByLabel('Margin of the win rate, points').fill('3');
  await page.getByRole('button', { name: 'Set this rule' }).click();
  await page.getByText('3 new judgements since the last round.').waitFor();
  await page.waitForFunction(() => document.querySelector('button[data-loading]') === null);
  const { settings } = await world.db.prisma.autoRounds.findUniqueOrThrow({ where: { projectId } });
  expect(settings).toMatchObject({
    trigger: { when: 'judgements', count: 250 },
    gate: { accuracyMargin: 0.02, winRateMargin: 0.03 },
  });
});
