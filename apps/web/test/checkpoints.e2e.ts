import { randomUUID } from 'node:crypto';
import { RoundConfig } from '@rankloop/contracts';
import { createCheckpoint, eventually } from '@rankloop/testkit';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { overflow, THEMES, violations, watch } from './checks.ts';
import { madeUpTasks, startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

/** A base and a round of a reward model and a policy that somebody's judgement taught; files are not on the disk. */
async function taughtProject() {
  const { prisma } = world.db;
  const { id: projectId, slug } = await world.createProject({ form: 'ranking', tasks: madeUpTasks(1, 2) });
  const base = await createCheckpoint(prisma, { projectId });
  await prisma.checkpoint.update({ where: { id: base.id }, data: { name: 'Base', promotedAt: new Date() } });
  const labeler = await prisma.user.create({ data: { name: 'L', email: `${randomUUID()}@example.test` } });
  const pseudonym = `labeler-${slug}`;
  await prisma.membership.create({ data: { projectId, userId: labeler.id, role: 'labeler', pseudonym } });
  const task = await prisma.task.findFirstOrThrow({ where: { projectId }, include: { completions: true } });
  const shownOrder = task.completions.map(({ completionId }) => completionId);
  const about = { projectId, taskId: task.id, labelerId: labeler.id, shownOrder };
  const lease = await prisma.lease.create({ data: { ...about, state: 'submitted', expiresAt: new Date() } });
  const judgement = await prisma.judgement.create({
    data: {
      ...about,
      leaseId: lease.id,
      revision: 1,
      source: 'person',
      outcome: 'ok',
      ranks: Object.fromEntries(shownOrder.map((id, i) => [id, i + 1])),
      activeMs: 1,
      formVersionId: task.formVersionId,
      bodyHash: 'x',
    },
  });
  const snapshot = await prisma.snapshot.create({
    data: {
      projectId,
      name: 'All so far',
      hash: 'a'.repeat(64),
      filters: {},
      judgementCount: 1,
      judgements: { create: { position: 0, judgementId: judgement.id, contentHash: 'b'.repeat(64) } },
    },
  });
  const round = await prisma.round.create({
    data: {
      projectId,
      number: 1,
      recipe: 'ppo',
      state: 'succeeded',
      config: RoundConfig.parse({ stages: [{ recipe: 'reward' }, { recipe: 'ppo' }] }),
      baseCheckpointId: base.id,
      snapshotId: snapshot.id,
      endedAt: new Date(),
    },
  });
  const make = async (kind: 'policy' | 'reward', stage: string, name: string) => {
    const { id } = await createCheckpoint(prisma, { projectId, kind, current: kind === 'policy' });
    const made = { roundId: round.id, attempt: 1, stage, parentId: base.id, name };
    const manifest = { 'model.safetensors': { bytes: 2_000_000, sha256: id } };
    return prisma.checkpoint.update({ where: { id }, data: { ...made, manifest, promotedAt: new Date() } });
  };
  const reward = await make('reward', 'reward', 'Reward model of round 1');
  const policy = await make('policy', 'ppo', 'Round 1');
  return { projectId, slug, base, reward, policy, judgement, labelerId: labeler.id, pseudonym };
}

async function open(role: 'researcher' | 'admin', options = {}) {
  const project = await taughtProject();
  const { page } = await world.signIn(await world.createPerson(project.projectId, role), options);
  const root = `${world.origin}/p/${project.slug}`;
  const go = async (path: string) => {
    await page.goto(`${root}${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
  };
  return { ...project, page, go };
}

const confirm = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).last().click();

it('a checkpoint leads to its card, its card to its lineage, and that to what a labeler and a judgement taught', async () => {
  const { page, go, policy, judgement, pseudonym } = await open('researcher');
  await go('/checkpoints');
  await page.locator('.ckp-dot').nth(2).waitFor();
  await page.getByRole('link', { name: 'Round 1' }).first().click();
  await page.getByRole('heading', { level: 1, name: 'Round 1' }).waitFor();
  await page.getByText('1 judgement by 1 labeler, snapshot').waitFor();
  await page.getByText('reward → ppo').waitFor();
  await page.getByText('Its stages as a YAML document').click();
  // As the document of its round writes them.
  expect(await page.getByRole('region', { name: 'Settings as YAML' }).innerText()).toMatch(
    /^stages:\n {2}- name: reward\n {4}recipe: reward\n {4}from: start\n {4}config:\n/,
  );
  expect(await page.getByRole('link', { name: 'Download' }).getAttribute('href')).toMatch(
    new RegExp(`/checkpoints/${policy.id}/download$`),
  );
  await page.getByRole('link', { name: 'Lineage' }).click();
  await page.getByRole('heading', { name: 'Lineage of Round 1' }).waitFor();
  // Nothing of this is on the disk, and the snapshot's hash was made up.
  await page.getByRole('button', { name: 'Check the hashes' }).click();
  await page.getByText('Not everything matches its hash').waitFor();
  await page.getByText('model.safetensors of the checkpoint is missing.').first().waitFor();
  await page.getByText(`Judgement ${judgement.id} is not what was frozen.`).waitFor();
  await page.getByRole('link', { name: pseudonym }).click();
  await page.getByText('2 checkpoints. The policy in use is among them.').waitFor();
  // A researcher reads; leaving somebody out is an admin's.
  expect(await page.getByRole('button', { name: /^Leave/ }).count()).toBe(0);
  await go(`/judgements/${judgement.id}`);
  await page.getByRole('link', { name: 'All that it taught' }).click();
  await page.getByText('2 checkpoints. The policy in use is among them.').waitFor();
});

it('the page of a checkpoint rolls back to it', async () => {
  const { page, go, base, projectId } = await open('researcher');
  await go(`/checkpoints/${base.id}`);
  await page.getByRole('button', { name: 'Roll back to Base' }).click();
  await confirm(page, 'Roll back');
  await page.getByText('✓ in use').waitFor();
  const { currentPolicyId } = await world.db.prisma.project.findUniqueOrThrow({ where: { id: projectId } });
  expect(currentPolicyId).toBe(base.id);
});

it('an admin leaves a labeler out after reading what that touches, and takes them in again', async () => {
  const { page, go, projectId, labelerId, pseudonym } = await open('admin');
  const excluded = () => world.db.prisma.labelerExclusion.count({ where: { projectId, labelerId } });
  await go(`/lineage/labelers/${labelerId}`);
  await page.getByLabel('Why to leave out').fill('Answers at random');
  await page.getByRole('button', { name: `Leave ${pseudonym} out` }).click();
  await page
    .getByText('1 snapshot and 2 checkpoints, among them the policy in use stay as they are')
    .waitFor();
  await confirm(page, 'Leave out');
  await page.getByText('Left out of later snapshots').waitFor();
  expect(await excluded()).toBe(1);
  await page.getByRole('button', { name: 'Take into later snapshots again' }).click();
  await eventually(async () => (await excluded()) === 0);
});

it('an admin says which checkpoints keep their files, and deletes those of the others', async () => {
  const { page, go, projectId, slug } = await open('admin');
  const { prisma } = world.db;
  const old = await createCheckpoint(prisma, { projectId });
  const { roundId } = await prisma.checkpoint.findFirstOrThrow({ where: { projectId, name: 'Round 1' } });
  // Of another round than the policy in use, and older than it.
  const other = await prisma.round.findUniqueOrThrow({ where: { id: roundId ?? '' } });
  const { id: otherId } = await prisma.round.create({
    data: {
      projectId,
      number: 2,
      recipe: 'ppo',
      state: 'failed',
      config: {},
      baseCheckpointId: other.baseCheckpointId,
    },
  });
  const createdAt = new Date(Date.now() - 86_400_000);
  await prisma.checkpoint.update({
    where: { id: old.id },
    data: { name: 'Old one', roundId: otherId, attempt: 1, stage: 'ppo', createdAt },
  });
  await go('/checkpoints');
  await page.getByText('4 checkpoints with files').waitFor();
  await page.getByLabel('The newest of each kind').fill('1');
  await page.getByRole('button', { name: 'Keep these' }).click();
  await page.getByRole('button', { name: 'Delete files of 1 checkpoint' }).click();
  await page.getByText('The files of Old one are deleted.').waitFor();
  await confirm(page, 'Delete files');
  await page.getByRole('row').filter({ hasText: 'Old one' }).getByText('files deleted').waitFor();
  await page.getByRole('link', { name: 'Old one' }).click();
  await page.getByText('Its files were deleted').waitFor();
  expect(await page.getByRole('link', { name: 'Download' }).count()).toBe(0);
  expect(new URL(page.url()).pathname).toBe(`/p/${slug}/checkpoints/${old.id}`);
});

it.each(THEMES)(
  'the pages of checkpoints and lineage are clean for axe and fit a phone in %s',
  async (colorScheme) => {
    const { page, go, policy, judgement, labelerId } = await open('admin', { colorScheme });
    const errors = watch(page);
    const found: Record<string, string[]> = {};
    const paths = [
      '/checkpoints',
      `/checkpoints/${policy.id}`,
      `/checkpoints/${policy.id}/lineage`,
      `/lineage/labelers/${labelerId}`,
      `/lineage/judgements/${judgement.id}`,
    ];
    for (const path of paths) {
      await page.setViewportSize({ width: 1440, height: 900 });
      await go(path);
      await page.locator('[aria-busy]').first().waitFor({ state: 'detached' });
      const list = await violations(page);
      await page.setViewportSize({ width: 360, height: 740 });
      list.push(...(await violations(page)).map((one) => `on a phone: ${one}`));
      if ((await overflow(page)) > 0) list.push('wider than a phone');
      if (list.length > 0) found[path] = list;
    }
    expect(found).toEqual({});
    expect(errors).toEqual([]);
  },
);
