import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, LINEAGE_ROWS, type LineageCheck } from '@rankloop/contracts';
import type { Checkpoint, CheckpointKind, Prisma } from '@rankloop/db';
import { createMember, createTask, createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { judgeNewTask, makeProject, type JudgedProject } from '../../test/judged-project.ts';
import { hashManifest } from '../checkpoints/checkpoint-files.ts';
import { newCheckpointFolder, recordCheckpoint, storeCheckpoint } from '../checkpoints/index.ts';
import { claimRound, startRound } from '../rounds/index.ts';
import { createSnapshot } from '../snapshots/index.ts';
import {
  checkLineage,
  excludeLabeler,
  getCheckpointLineage,
  includeLabeler,
  listLineageLabelers,
  listLineageSteps,
  traceJudgement,
  traceLabeler,
} from './index.ts';

const NOBODY = { userId: null };

let database: TestDatabase;
let dataDir: string;
beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'rankloop-lineage-'));
});
afterAll(async () => {
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
});
const prisma = () => database.db.prisma;

interface MadeRound {
  reward: Checkpoint;
  policy: Checkpoint;
}

/** A round that has ended, with what its two stages made. */
async function runRound(project: JudgedProject, base: string): Promise<MadeRound> {
  const { projectId } = project;
  const { id: roundId, attempt } = await startRound({
    prisma: prisma(),
    projectId,
    actor: NOBODY,
    baseCheckpointId: base,
  });
  const fence = { roundId, attempt };
  await claimRound(prisma(), fence, 'worker');
  const make = async (kind: CheckpointKind, stage: string) => {
    const folder = await newCheckpointFolder(dataDir);
    await writeFile(join(folder, 'model.safetensors'), `${kind} of ${roundId}`);
    const stored = await storeCheckpoint(dataDir, folder, `${roundId}-${stage}`);
    return recordCheckpoint({
      prisma: prisma(),
      fence,
      kind,
      stage,
      isLast: true,
      stored,
      parentId: base,
      metrics: {},
    });
  };
  const made = { reward: await make('reward', 'reward'), policy: await make('policy', 'ppo') };
  await prisma().round.update({ where: { id: roundId }, data: { state: 'succeeded', endedAt: new Date() } });
  return made;
}

let project: JudgedProject;
let otherId: string;
let first: MadeRound;
let second: MadeRound;
/** The first labeler's is in both rounds, the other's in the second only. */
let judgements: { early: string; late: string };
const key = () => ({ prisma: prisma(), projectId: project.projectId });
beforeEach(async () => {
  project = await makeProject(prisma());
  await prisma().checkpoint.update({
    where: { id: project.policyId ?? '' },
    data: { manifestHash: hashManifest({}) },
  });
  otherId = (await createMember(prisma(), project.projectId, 'labeler')).id;
  const early = (await judgeNewTask(prisma(), project)).judgement.id;
  await judgeNewTask(prisma(), project);
  first = await runRound(project, project.policyId ?? '');
  const late = (await judgeNewTask(prisma(), project, { labelerId: otherId })).judgement.id;
  second = await runRound(project, first.policy.id);
  judgements = { early, late };
});

test('a checkpoint leads to its stages, snapshots, leases and labelers, back to the beginning', async () => {
  const { steps, labelers, childCount } = await getCheckpointLineage({
    ...key(),
    checkpointId: second.policy.id,
  });
  expect(steps.items[0]).toMatchObject({
    checkpoint: { id: second.policy.id },
    round: { number: 2 },
    stages: [{ name: 'reward' }, { name: 'ppo', takes: ['start', 'reward'] }],
    snapshot: { judgements: 3 },
  });
  expect(new Set(steps.items[0]?.madeOf)).toEqual(new Set([second.reward.id, first.policy.id]));
  expect(new Set(steps.items.map(({ checkpoint }) => checkpoint.id))).toEqual(
    new Set([second.policy.id, second.reward.id, first.policy.id, first.reward.id, project.policyId]),
  );
  // The first two judgements are in both snapshots and count once.
  expect(labelers.items.map(({ userId, judgements: n, leases }) => [userId, n, leases])).toEqual([
    [project.labelerId, 2, 2],
    [otherId, 1, 1],
  ]);
  expect(labelers.items.every(({ pseudonym }) => pseudonym.startsWith('labeler-'))).toBe(true);
  expect(childCount).toBe(0);
  const ofBase = await getCheckpointLineage({ ...key(), checkpointId: first.policy.id });
  expect(ofBase.children.map(({ id }) => id)).toEqual([second.policy.id, second.reward.id]);
});

test('of all that was made of a checkpoint the newest is shown, and how much there is', async () => {
  const ofBase = { ...key(), checkpointId: first.policy.id, limit: 1 };
  const { children, childCount } = await getCheckpointLineage(ofBase);
  expect(children.map(({ id }) => id)).toEqual([second.policy.id]);
  expect(childCount).toBe(2);
});

/** Every page of a list, by the names of its rows. */
async function walk<Row>(
  read: (cursor: string | undefined) => Promise<{ items: Row[]; nextCursor: string | null }>,
): Promise<Row[][]> {
  const pages: Row[][] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    pages.push(page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return pages;
}

test('a thousand labelers behind a checkpoint are told by number and read page by page, each once', async () => {
  const PEOPLE = 1000;
  await makeCrowd(PEOPLE);
  const last = await runRound(project, second.policy.id);
  const of = { ...key(), checkpointId: last.policy.id };
  const { labelers } = await getCheckpointLineage(of);
  expect(labelers.items).toHaveLength(LINEAGE_ROWS);
  expect(labelers).toMatchObject({ count: PEOPLE + 2 });
  const pages = await walk((cursor) => listLineageLabelers({ ...of, cursor, limit: 200 }));
  expect(pages[0]?.slice(0, LINEAGE_ROWS)).toEqual(labelers.items);
  expect(pages.map(({ length }) => length)).toEqual([200, 200, 200, 200, 200, 2]);
  const all = pages.flat();
  expect(new Set(all.map(({ userId }) => userId)).size).toBe(PEOPLE + 2);
  expect(all.reduce((sum, { judgements: n }) => sum + n, 0)).toBe(PEOPLE + 3);
  // Those that were judged before the crowd came are behind the earlier rounds alone.
  const before = await getCheckpointLineage({ ...key(), checkpointId: second.policy.id });
  expect(before.labelers).toMatchObject({ count: 2, nextCursor: null });
});

test('a long line is told by number and read page by page, the nearest first', async () => {
  const of = { ...key(), checkpointId: second.policy.id };
  const { steps } = await getCheckpointLineage({ ...of, limit: 2 });
  expect(steps).toMatchObject({ count: 5 });
  expect(steps.items).toHaveLength(2);
  const pages = await walk((cursor) => listLineageSteps({ ...of, cursor, limit: 2 }));
  expect(pages.map(({ length }) => length)).toEqual([2, 2, 1]);
  expect(pages[0]).toEqual(steps.items);
  expect(new Set(pages.flat().map(({ checkpoint }) => checkpoint.id)).size).toBe(5);
});

test('what a labeler taught is the newest of it and how much there is', async () => {
  const all = await traceLabeler({ ...key(), userId: project.labelerId });
  expect(all).toMatchObject({ taughtCount: 4, snapshotCount: 2 });
  const newest = await traceLabeler({ ...key(), userId: project.labelerId, limit: 1 });
  expect(newest).toMatchObject({ taughtCount: 4, snapshotCount: 2 });
  expect(newest.taught).toEqual(all.taught.slice(0, 1));
  expect(newest.snapshots).toEqual(all.snapshots.slice(0, 1));
});

/** One judgement of one task by each of many labelers. */
async function makeCrowd(people: number): Promise<void> {
  const { projectId, formVersionId } = project;
  const { task } = await createTask(prisma(), { projectId, formVersionId });
  await prisma().$executeRaw`
    WITH crowd AS (
      INSERT INTO "user" ("email", "name") SELECT 'crowd-' || i || '-' || ${projectId} || '@example.org', 'Crowd ' || i
      FROM generate_series(1, ${people}::int) i RETURNING "id", "name"
    ), members AS (
      INSERT INTO "membership" ("projectId", "userId", "role", "pseudonym")
      SELECT ${projectId}::uuid, "id", 'labeler', "name" FROM crowd
    ), leases AS (
      INSERT INTO "lease" ("projectId", "taskId", "labelerId", "state", "shownOrder", "expiresAt")
      SELECT ${projectId}::uuid, ${task.id}::uuid, "id", 'submitted', '{}', now() FROM crowd RETURNING "id", "labelerId"
    )
    INSERT INTO "judgement" ("leaseId", "revision", "projectId", "taskId", "labelerId", "source", "outcome", "shownOrder",
      "activeMs", "formVersionId", "bodyHash")
    SELECT "id", 1, ${projectId}::uuid, ${task.id}::uuid, "labelerId", 'person', 'ok', '{}', 1, ${formVersionId}::uuid, "id"::text
    FROM leases`;
}

test('a judgement leads to every checkpoint that it taught, directly or through another', async () => {
  const late = await traceJudgement({ ...key(), judgementId: judgements.late });
  expect(late.labeler.userId).toBe(otherId);
  expect(new Set(late.taught.map(({ checkpoint }) => checkpoint.id))).toEqual(
    new Set([second.policy.id, second.reward.id]),
  );
  const early = await traceJudgement({ ...key(), judgementId: judgements.early });
  expect(early.taught).toHaveLength(4);
  expect(early.taught.every(({ isDirect }) => isDirect)).toBe(true);
  // Without the second snapshot, the second round has learned through what it began from.
  await prisma().snapshotJudgement.deleteMany({
    where: { judgementId: judgements.early, snapshot: { judgementCount: 3 } },
  });
  const through = await traceJudgement({ ...key(), judgementId: judgements.early });
  const how = new Map(through.taught.map(({ checkpoint, isDirect }) => [checkpoint.id, isDirect]));
  expect(how).toEqual(
    new Map([
      [second.policy.id, false],
      [second.reward.id, false],
      [first.policy.id, true],
      [first.reward.id, true],
    ]),
  );
});

test('leaving a labeler out says what it touches, and later snapshots have none of theirs until they are taken in again', async () => {
  await prisma().project.update({
    where: { id: project.projectId },
    data: { currentPolicyId: second.policy.id },
  });
  const count = async () => (await createSnapshot({ ...key(), actor: NOBODY })).judgementCount;
  const who = { ...key(), userId: otherId, actor: NOBODY };
  const touched = await excludeLabeler({ ...who, reason: 'Answers at random' });
  expect(touched).toMatchObject({
    judgements: 1,
    touchesCurrent: true,
    excluded: { reason: 'Answers at random' },
  });
  expect(touched.snapshots.map(({ of, judgements: all }) => [of, all])).toEqual([[1, 3]]);
  expect(touched.taught).toHaveLength(2);
  expect(await count()).toBe(2);
  expect((await includeLabeler(who)).excluded).toBeNull();
  expect(await count()).toBe(3);
  const audits = await prisma().auditEvent.findMany({
    where: { projectId: project.projectId, subjectId: otherId },
    orderBy: { id: 'asc' },
  });
  expect(audits.map(({ action }) => action)).toEqual(['labeler.excluded', 'labeler.included']);
});

test('nothing of another project is traced', async () => {
  const stranger = await makeProject(prisma());
  const elsewhere = { prisma: prisma(), projectId: stranger.projectId };
  const tries = [
    getCheckpointLineage({ ...elsewhere, checkpointId: second.policy.id }),
    checkLineage({ ...elsewhere, checkpointId: second.policy.id, dataDir, scope: 'all' }),
    traceJudgement({ ...elsewhere, judgementId: judgements.early }),
    traceLabeler({ ...elsewhere, userId: otherId }),
    excludeLabeler({ ...elsewhere, userId: otherId, actor: NOBODY, reason: 'x' }),
  ];
  for (const result of await Promise.allSettled(tries)) {
    expect(result.status).toBe('rejected');
    if (result.status === 'rejected') {
      expect(result.reason).toBeInstanceOf(AppError);
      expect(result.reason).toMatchObject({ code: 'not_found' });
    }
  }
});

describe('computed anew', () => {
  const check = () => checkLineage({ ...key(), checkpointId: second.policy.id, dataDir, scope: 'all' });
  const differing = async (): Promise<LineageCheck['what'][]> => {
    const { checks, matches } = await check();
    const wrong = checks.filter((one) => one.matches === false);
    expect(matches).toBe(wrong.length === 0);
    return [...new Set(wrong.map(({ what }) => what))];
  };

  test('an untouched line matches in every hash', async () => {
    const { checks, matches } = await check();
    expect(matches).toBe(true);
    expect(checks.filter((one) => one.what === 'origin' && one.matches === true)).toHaveLength(4);
    expect(checks.filter(({ what }) => what === 'snapshot').map(({ compared }) => compared)).toEqual([3, 2]);
  });

  const anyOutput = () =>
    prisma().completion.findFirstOrThrow({
      where: {
        tasks: { some: { task: { leases: { some: { judgements: { some: { id: judgements.early } } } } } } },
      },
    });
  /** The database itself refuses this, unless somebody switches its triggers off. */
  const changeJudgement = (data: Prisma.JudgementUncheckedUpdateInput) =>
    prisma().$transaction(async (tx) => {
      await tx.$executeRaw`SET LOCAL session_replication_role = replica`;
      await tx.judgement.update({ where: { id: judgements.early }, data });
    });
  const tamperings: [string, LineageCheck['what'][], () => Promise<unknown>][] = [
    ['a file', ['files'], () => writeFile(join(dataDir, first.policy.folder, 'model.safetensors'), 'other')],
    ['a missing file', ['files'], () => rm(join(dataDir, second.policy.folder, 'model.safetensors'))],
    [
      'a manifest',
      ['files', 'manifest'],
      () =>
        prisma().checkpoint.update({
          where: { id: second.policy.id },
          data: { manifest: { 'model.safetensors': { bytes: 1, sha256: 'x' } } },
        }),
    ],
    [
      'a manifest together with its hash',
      ['files', 'origin'],
      () => {
        const manifest = { 'model.safetensors': { bytes: 1, sha256: 'x' } };
        return prisma().checkpoint.update({
          where: { id: project.policyId ?? '' },
          data: { manifest, manifestHash: hashManifest(manifest) },
        });
      },
    ],
    [
      'settings of a round',
      ['origin'],
      () =>
        prisma().round.update({
          where: { id: first.policy.roundId ?? '' },
          data: { config: { seed: 1, stages: [] } },
        }),
    ],
    [
      'another snapshot under a round',
      ['origin'],
      async () => {
        await judgeNewTask(prisma(), project);
        const { id } = await createSnapshot({ ...key(), actor: NOBODY });
        await prisma().round.update({ where: { id: second.policy.roundId ?? '' }, data: { snapshotId: id } });
      },
    ],
    ['what a judgement says', ['snapshot'], () => changeJudgement({ ranks: {} })],
    [
      'a line that was taken out',
      ['snapshot'],
      () => prisma().snapshotJudgement.deleteMany({ where: { judgementId: judgements.late } }),
    ],
    [
      'the text of an output',
      ['texts'],
      async () =>
        prisma().completion.update({ where: { id: (await anyOutput()).id }, data: { text: 'Other.' } }),
    ],
    [
      'the text of a prompt',
      ['texts'],
      async () =>
        prisma().prompt.update({
          where: { id: (await anyOutput()).promptId },
          data: { conversation: [{ role: 'user', content: 'Other?' }] },
        }),
    ],
    ['whose judgement it is', ['leases'], () => changeJudgement({ labelerId: otherId })],
  ];
  test.each(tamperings)('changed behind the product is said: %s', async (_what, expected, tamper) => {
    await tamper();
    expect((await differing()).sort()).toEqual(expected);
  });
});
