import { eventually } from '@rankloop/testkit';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { overflow, scriptKilobytes, THEMES, violations, watch } from './checks.ts';
import { startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ demo: true });
});
afterAll(() => world.close());

async function openDemo(role: 'researcher' | 'admin', path: string, options = {}) {
  const { page } = await world.signIn(world.demoAccount(role), options);
  const project = await world.db.prisma.project.findFirstOrThrow({ where: { isDemo: true } });
  const base = `${world.origin}/p/${project.slug}`;
  await page.goto(`${base}${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return { page, project, base };
}

const loaded = (page: Page) => page.locator('[aria-busy]').first().waitFor({ state: 'detached' });

describe('a round', () => {
  it('cannot start without judgements, and says what is missing', async () => {
    const { page } = await openDemo('researcher', '/rounds/new');
    await page.getByText('There are no judgements yet').waitFor();
    expect(await page.getByRole('button', { name: 'Start round' }).isDisabled()).toBe(true);
  });

  it('starts from simulated judgements, draws itself live, ends, and its new tasks wait', async () => {
    const { page, project } = await openDemo('researcher', '');
    await page.getByLabel('Simulated judgements').fill('120');
    await page.getByRole('button', { name: 'Simulate labelers' }).click();
    await page.getByText(/^Simulated labelers: \d+ of 120/).waitFor();
    await page.getByText('Done: 120 judgements given').waitFor({ timeout: 120_000 });
    const { prisma } = world.db;
    expect(await prisma.judgement.count({ where: { projectId: project.id, source: 'synthetic' } })).toBe(120);

    const onlooker = await openDemo('admin', '/rounds');
    await onlooker.page.getByText('No round yet').waitFor();
    await page.getByRole('link', { name: 'Start round' }).click();
    await page.getByRole('radio', { name: 'Tiny' }).check();
    await page.getByRole('button', { name: 'Start round' }).click();
    await page.getByRole('heading', { name: 'Round 1' }).waitFor();
    // Without a reload: what other people do arrives on an open page.
    await onlooker.page.getByRole('checkbox', { name: 'Compare round 1' }).waitFor();
    await onlooker.page.close();
    const before = await prisma.task.count({ where: { projectId: project.id } });
    await page.getByRole('figure', { name: /^KL to reference/ }).waitFor({ timeout: 200_000 });
    await page.getByText('8 new tasks are waiting for labelers').waitFor({ timeout: 200_000 });
    expect(await prisma.task.count({ where: { projectId: project.id } })).toBe(before + 8);
    await page.getByRole('heading', { name: /^Gold win rate/ }).waitFor();
    await page
      .getByRole('heading', { name: /^Now, iteration/ })
      .first()
      .waitFor();
    // The curves of a round that is over are whole.
    await page.reload();
    await page.getByText(/At step 3: KL from/).waitFor({ state: 'attached' });

    const labeler = await world.signIn(world.demoAccount('labeler'));
    await labeler.page.goto(`${world.origin}/p/${project.slug}/label`);
    await labeler.page.getByRole('button', { name: 'Submit' }).waitFor();
  });

  it('can be cancelled, and the policy in use stays', async () => {
    const { page, project } = await openDemo('researcher', '/rounds/new');
    await page.getByRole('radio', { name: 'Standard' }).check();
    await page.getByRole('button', { name: 'Start round' }).click();
    await page.getByRole('heading', { name: /^Round \d/ }).waitFor();
    const policy = () =>
      world.db.prisma.project
        .findUniqueOrThrow({ where: { id: project.id } })
        .then((row) => row.currentPolicyId);
    const current = await policy();
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('button', { name: 'Cancel the round' }).click();
    await page.getByText(/cancelled after .*The policy in use and all judgements stay/).waitFor();
    expect(await policy()).toBe(current);
    await page.getByRole('button', { name: 'Retry' }).waitFor();
  });

  it('leaves checkpoints that tell how good they are', async () => {
    const { page } = await openDemo('researcher', '/checkpoints');
    const rowOf = (name: string) => page.getByRole('row').filter({ hasText: name });
    const policy = rowOf('Round 1').filter({ hasText: 'policy' });
    await policy.getByText(/^Gold win rate over the base \d+ % \(\d+ to \d+ %\)$/).waitFor();
    await policy.getByText(/^Mean KL -?[\d.e-]+ nats$/).waitFor();
    await policy.getByText(/^Mean score -?[\d.e-]+$/).waitFor();
    await rowOf('Reward model of round 1')
      .getByText(/^Held-out accuracy \d+ %/)
      .waitFor();
  });

  it('leaves checkpoints: the policy is rolled back to the base and used again', async () => {
    const { page, project } = await openDemo('researcher', '/checkpoints?kind=policy');
    const nameInUse = async () => {
      const row = await world.db.prisma.project.findUniqueOrThrow({
        where: { id: project.id },
        include: { currentPolicy: true },
      });
      return row.currentPolicy?.name;
    };
    const before = await nameInUse();
    await page.getByRole('button', { name: /^Roll back to/ }).click();
    await page.getByRole('button', { name: 'Roll back', exact: true }).last().click();
    await eventually(async () => (await nameInUse()) !== before);
    await page.getByRole('button', { name: `Use ${before}` }).click();
    await page.getByRole('button', { name: 'Use it' }).click();
    await eventually(async () => (await nameInUse()) === before);
  });
});

describe('the loop', () => {
  it('is the navigation: each station leads to its page by the keyboard', async () => {
    const { page, base } = await openDemo('researcher', '');
    const loop = page.getByRole('navigation', { name: 'The loop' });
    await loop.getByRole('link').first().waitFor();
    expect(await loop.getByRole('link').count()).toBe(5);
    await loop.getByRole('link', { name: /^Judgements/ }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(`${base}/judgements`);
  });

  it('rests where the reader wants no motion', async () => {
    const { page } = await openDemo('researcher', '', { reducedMotion: 'reduce' });
    await page.locator('.home-arrow').first().waitFor();
    await page.evaluate(() => {
      for (const arrow of document.querySelectorAll('.home-arrow')) arrow.setAttribute('data-moving', 'true');
    });
    const names = await page
      .locator('.home-arrow')
      .evaluateAll((arrows) => arrows.map((arrow) => getComputedStyle(arrow).animationName));
    expect(new Set(names)).toEqual(new Set(['none']));
  });
});

/** Of compressed JavaScript on the first load of a page. */
const MOST_KILOBYTES = 300;

async function scriptFaults(page: Page): Promise<string[]> {
  const kilobytes = await scriptKilobytes(page);
  // None at all: they were not measured.
  return kilobytes === 0 || kilobytes > MOST_KILOBYTES ? [`${kilobytes} KB of JavaScript`] : [];
}

/** Every page of the demo project. */
async function pagesOf(projectId: string): Promise<string[]> {
  const where = { where: { projectId } };
  const { prisma } = world.db;
  const round = await prisma.round.findFirstOrThrow(where);
  const judgement = await prisma.judgement.findFirstOrThrow(where);
  const labeler = await prisma.membership.findFirstOrThrow({ where: { projectId, role: 'labeler' } });
  const checkpoint = await prisma.checkpoint.findFirstOrThrow({
    where: { projectId, kind: 'policy', roundId: { not: null } },
  });
  return [
    '',
    '/label',
    '/history',
    '/rounds',
    `/rounds?compare=${round.id}&metric=objective/kl`,
    '/rounds/new',
    `/rounds/${round.id}`,
    '/checkpoints',
    `/checkpoints/${checkpoint.id}`,
    `/checkpoints/${checkpoint.id}/lineage`,
    `/lineage/judgements/${judgement.id}`,
    `/lineage/labelers/${labeler.userId}`,
    '/playground',
    '/budget',
    '/judgements',
    `/judgements/${judgement.id}`,
    '/prompts',
    '/datasets',
    '/import',
    '/people',
    '/people?tab=accounts',
    '/people?tab=audit',
    '/settings',
    '/system',
  ];
}

describe.each(THEMES)('every page in %s', (colorScheme) => {
  it('of a project is light, clean for axe and the content policy, and fits a phone', async () => {
    const { page, base, project } = await openDemo('admin', '', { colorScheme });
    const errors = watch(page);
    const found: Record<string, string[]> = {};
    const paths = (await pagesOf(project.id)).map((path) => `${base}${path}`);
    for (const path of [...paths, `${world.origin}/account`, `${world.origin}/new-project`]) {
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.goto(path);
      await page.locator('h1, .lab-outputs').first().waitFor();
      await loaded(page);
      const list = await violations(page);
      list.push(...(await scriptFaults(page)));
      if ((await page.locator('.mantine-Button-root[data-variant="filled"]').count()) > 1)
        list.push('more than one primary button');
      await page.setViewportSize({ width: 360, height: 740 });
      if ((await overflow(page)) > 0) list.push('wider than a phone');
      if (list.length > 0) found[path] = list;
    }
    expect(found).toEqual({});
    expect(errors).toEqual([]);
  });

  it('before signing in is light', async () => {
    const context = await world.browser.newContext({ colorScheme });
    const page = await context.newPage();
    const found: Record<string, string[]> = {};
    for (const path of ['/sign-in', '/invite#token=x', '/reset#token=x', '/nothing-here']) {
      await page.goto(`${world.origin}${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      const list = [...(await violations(page)), ...(await scriptFaults(page))];
      if (list.length > 0) found[path] = list;
    }
    await context.close();
    expect(found).toEqual({});
  });
});
