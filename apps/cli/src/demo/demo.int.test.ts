import { access, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  addPolicyCheckpoint,
  claimTask,
  findCheckpointDamage,
  signIn,
  submitJudgement,
} from '@rankloop/core';
import { baseModelDir, demoProject } from '@rankloop/demo';
import {
  createMember,
  createProject,
  createTask,
  createTestDatabase,
  type TestDatabase,
} from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CliContext } from '../context.ts';
import { resetDemo } from './reset-demo.ts';
import { seedDemo } from './seed-demo.ts';

let database: TestDatabase;
let context: CliContext;
beforeAll(async () => {
  database = await createTestDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'rankloop-cli-'));
  const config = { databaseUrl: database.url, publicUrl: 'http://127.0.0.1:3000', dataDir, isDemo: true };
  context = { config, db: database.db };
});
afterAll(async () => {
  await database.close();
  await rm(context.config.dataDir, { recursive: true, force: true });
});

const getDemo = () =>
  database.db.prisma.project.findFirstOrThrow({
    where: { isDemo: true },
    include: { currentPolicy: true, _count: { select: { prompts: true, tasks: true, slots: true } } },
  });

test('seeding makes one project with tasks waiting, a policy on disk and three people who can sign in', async () => {
  const signIns = await seedDemo(context);
  expect(signIns.map(({ role }) => role)).toEqual(['labeler', 'researcher', 'admin']);
  for (const { email, password } of signIns) {
    await expect(signIn({ db: database.db, email, password, address: '127.0.0.1' })).resolves.toBeDefined();
  }
  const project = await getDemo();
  expect(project._count).toEqual({
    prompts: 1000,
    tasks: demoProject.seededTaskCount,
    slots: demoProject.seededTaskCount * demoProject.overlap,
  });
  const { folder, manifestHash, manifest } = project.currentPolicy ?? {};
  expect(
    await findCheckpointDamage(context.config.dataDir, {
      folder: folder ?? '',
      manifestHash: manifestHash ?? '',
      manifest: manifest as Record<string, { bytes: number; sha256: string }>,
    }),
  ).toBeNull();
});

test('seeding again changes nothing and says the same passwords, which only their owner can read', async () => {
  const before = await getDemo();
  const first = await seedDemo(context);
  expect(await seedDemo(context)).toEqual(first);
  expect(await getDemo()).toEqual(before);
  const file = join(context.config.dataDir, 'demo-sign-in.json');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, 'utf8')).toContain(first[0]?.password);
});

test('when the passwords are lost, new ones are set', async () => {
  const [old] = await seedDemo(context);
  await rm(join(context.config.dataDir, 'demo-sign-in.json'));
  const [fresh] = await seedDemo(context);
  const { email, password } = fresh ?? { email: '', password: '' };
  expect(password).not.toBe(old?.password);
  await expect(signIn({ db: database.db, email, password, address: '127.0.0.1' })).resolves.toBeDefined();
});

test('a reset starts the demo over after work was done in it, and touches nothing else', async () => {
  const { prisma, pool } = database.db;
  const { project: other, form } = await createProject(prisma);
  await createTask(prisma, { projectId: other.id, formVersionId: form.id });
  await createMember(prisma, other.id, 'labeler');
  const before = await getDemo();
  const labeler = await prisma.user.findUniqueOrThrow({ where: { email: 'labeler@demo.local' } });
  const projectId = before.id;
  const labelerId = labeler.id;
  const { task } = await claimTask({ pool, projectId, labelerId, holding: [], leaseTtlMs: 60_000 });
  const body = { outcome: 'unrankable', activeMs: 1 } as const;
  const leaseId = task?.leaseId ?? '';
  await submitJudgement({ pool, projectId, labelerId, leaseId, body });
  const synthetic = await prisma.user.create({
    data: { name: 'Synthetic', email: 's@demo.local', kind: 'synthetic' },
  });
  await prisma.membership.create({
    data: { projectId, userId: synthetic.id, role: 'labeler', pseudonym: 'synthetic' },
  });

  await resetDemo(context);
  expect(await prisma.project.findMany({ select: { id: true } })).toEqual([{ id: other.id }]);
  expect(await prisma.task.count()).toBe(1);
  expect(await prisma.user.count({ where: { kind: 'synthetic' } })).toBe(0);
  const folder = join(context.config.dataDir, before.currentPolicy?.folder ?? '');
  await expect(access(folder)).rejects.toThrow();

  await seedDemo(context);
  const after = await getDemo();
  expect(after.id).not.toBe(before.id);
  expect(await prisma.judgement.count({ where: { projectId: after.id } })).toBe(0);
});

test('the base model of the demo can become the policy of a project of one’s own', async () => {
  const { prisma } = database.db;
  const { project } = await createProject(prisma);
  const added = await addPolicyCheckpoint({
    prisma,
    dataDir: context.config.dataDir,
    actor: { userId: null },
    projectId: project.id,
    folder: baseModelDir,
  });
  expect(added).toMatchObject({ name: 'base', isCurrent: true });
  const [demo, own] = [
    await getDemo(),
    await prisma.checkpoint.findUniqueOrThrow({ where: { id: added.checkpointId } }),
  ];
  expect(own.manifestHash).toBe(demo.currentPolicy?.manifestHash);
});
