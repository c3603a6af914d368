import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newCheckpointFolder, storeCheckpoint } from '@rankloop/core';
import {
  createCheckpoint,
  createMember,
  createProject,
  createTask,
  createTestDatabase,
  programFile,
  type TestDatabase,
} from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

let database: TestDatabase;
let dataDir: string;
let slug: string;
let pseudonym: string;
let judgementId: string;
let weights: string;

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await mkdtemp(path.join(tmpdir(), 'rankloop-cli-lineage-'));
  const { prisma } = database.db;
  const { project, form } = await createProject(prisma);
  ({ slug } = project);
  const projectId = project.id;
  const { id: labelerId } = await createMember(prisma, projectId, 'labeler');
  ({ pseudonym } = await prisma.membership.findFirstOrThrow({ where: { userId: labelerId } }));
  const { task, completionIds: shownOrder } = await createTask(prisma, { projectId, formVersionId: form.id });
  const about = { projectId, taskId: task.id, labelerId, shownOrder };
  const lease = await prisma.lease.create({ data: { ...about, expiresAt: new Date() } });
  const { id } = await prisma.judgement.create({
    data: {
      ...about,
      leaseId: lease.id,
      revision: 1,
      source: 'person',
      outcome: 'ok',
      activeMs: 1,
      formVersionId: form.id,
      bodyHash: 'x',
    },
  });
  judgementId = id;
  const folder = await newCheckpointFolder(dataDir);
  await writeFile(path.join(folder, 'model.safetensors'), 'weights');
  const stored = await storeCheckpoint(dataDir, folder, 'base');
  weights = path.join(dataDir, stored.folder, 'model.safetensors');
  const base = await createCheckpoint(prisma, { projectId, current: true });
  await prisma.checkpoint.update({ where: { id: base.id }, data: { ...stored, name: 'Base' } });
});
afterAll(async () => {
  await database.close();
  await rm(dataDir, { recursive: true });
});

/** The command line as people call it. */
function rankloop(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { PATH: process.env['PATH'], DATABASE_URL: database.url, RANKLOOP_DATA_DIR: dataDir };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [programFile('cli'), ...args, '--project', slug],
      { env },
      (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err });
      },
    );
  });
}

test('the lineage of a checkpoint is told and checked; one that differs ends the command with 1', async () => {
  const whole = await rankloop('lineage', 'Base');
  expect(whole).toMatchObject({ code: 0, err: '' });
  expect(whole.out).toContain('Base: policy, in use');
  expect(whole.out).toContain('Everything that has a hash matches it.');
  await writeFile(weights, 'spoilt');
  const spoilt = await rankloop('lineage');
  expect(spoilt.code).toBe(1);
  expect(spoilt.out).toContain('DIFFERS  files     Base: model.safetensors of the checkpoint is');
});

test('a judgement and a labeler are traced, and leaving the labeler out says what it touches', async () => {
  const judgement = await rankloop('lineage', '--judgement', judgementId);
  expect(judgement.out).toContain(`by ${pseudonym}`);
  const excluded = await rankloop('labeler', 'exclude', pseudonym, '--reason', 'Answers at random');
  expect(excluded.out).toBe(
    `${pseudonym} is left out of later snapshots.\nIn no snapshot, so nothing has learned from it.\n`,
  );
});

test('what keeps its files is set, and told with what it takes', async () => {
  const kept = await rankloop('checkpoint', 'keep', '--last', '2', '--promoted', 'no', '--auto', 'yes');
  expect(kept.out).toContain('Kept: the newest 2 and the best 3 of each kind, and always');
  expect(kept.out).toContain('deleted by themselves');
});
