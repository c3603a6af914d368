import { createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judgeNewTask, makeProject, reviseTo } from '../../test/judged-project.ts';
import { createSnapshot, readSnapshot, SnapshotChangedError } from './index.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
const prisma = () => database.db.prisma;
const freeze = (projectId: string) =>
  createSnapshot({ prisma: prisma(), projectId, actor: { userId: null } });

test('the same judgements give the same hash, one more gives another', async () => {
  const project = await makeProject(prisma());
  await judgeNewTask(prisma(), project);
  const [first, second] = [await freeze(project.projectId), await freeze(project.projectId)];
  expect(second.hash).toBe(first.hash);
  expect(first.judgementCount).toBe(1);
  await judgeNewTask(prisma(), project);
  expect((await freeze(project.projectId)).hash).not.toBe(first.hash);
});

test('only the newest revision of a judgement is in force, and older snapshots keep what they froze', async () => {
  const project = await makeProject(prisma());
  const { judgement, completionIds } = await judgeNewTask(prisma(), project);
  const before = await freeze(project.projectId);
  const revised = await reviseTo(prisma(), judgement, Object.fromEntries(completionIds.map((id) => [id, 1])));
  const after = await freeze(project.projectId);
  expect(await idsOf(before)).toEqual([judgement.id]);
  expect(await idsOf(after)).toEqual([revised.id]);
});

test('a snapshot holds its judgements in the order in which they came', async () => {
  const project = await makeProject(prisma());
  const made = [];
  for (let i = 0; i < 5; i++) made.push((await judgeNewTask(prisma(), project)).judgement.id);
  expect(await idsOf(await freeze(project.projectId))).toEqual(made);
});

test('a line says which of its outputs drawing had stopped', async () => {
  const project = await makeProject(prisma());
  const { completionIds } = await judgeNewTask(prisma(), project);
  const [first, ...others] = completionIds;
  await prisma().completion.update({ where: { id: first ?? '' }, data: { finishReason: 'length' } });
  for await (const { outputs } of readSnapshot(prisma(), await freeze(project.projectId)))
    expect(outputs.map(({ isCutOff }) => isCutOff)).toEqual([true, ...others.map(() => false)]);
});

test('synthetic judgements are frozen in the demo and nowhere else', async () => {
  for (const isDemo of [true, false]) {
    const project = await makeProject(prisma(), { isDemo });
    await judgeNewTask(prisma(), project, { source: 'synthetic' });
    await judgeNewTask(prisma(), project, { source: 'imported' });
    expect((await freeze(project.projectId)).judgementCount).toBe(isDemo ? 2 : 1);
  }
});

test('a text that was changed after freezing is noticed when the snapshot is read', async () => {
  const project = await makeProject(prisma());
  const { completionIds } = await judgeNewTask(prisma(), project);
  const snapshot = await freeze(project.projectId);
  await prisma().completion.update({ where: { id: completionIds[0] ?? '' }, data: { textHash: 'other' } });
  await expect(idsOf(snapshot)).rejects.toThrow(SnapshotChangedError);
});

test('a line that vanished from a snapshot is noticed', async () => {
  const project = await makeProject(prisma());
  await judgeNewTask(prisma(), project);
  await judgeNewTask(prisma(), project);
  const snapshot = await freeze(project.projectId);
  await prisma().snapshotJudgement.deleteMany({ where: { snapshotId: snapshot.id, position: 1 } });
  await expect(idsOf(snapshot)).rejects.toThrow('lost or gained');
});

async function idsOf(snapshot: { id: string; hash: string }): Promise<string[]> {
  const ids: string[] = [];
  for await (const line of readSnapshot(prisma(), snapshot)) ids.push(line.id);
  return ids;
}
