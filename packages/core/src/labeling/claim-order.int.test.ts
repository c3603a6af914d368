import {
  createMember,
  createProject,
  createTask,
  createTestDatabase,
  type TestDatabase,
} from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimTask } from './claim-task.ts';
import { releaseLease } from './release-lease.ts';

const LEASE_TTL_MS = 600_000;

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

async function setUp(tasks: number) {
  const { prisma, pool } = database.db;
  const { project, form } = await createProject(prisma);
  const projectId = project.id;
  const taskIds: string[] = [];
  for (let i = 0; i < tasks; i++) {
    const options = { projectId, formVersionId: form.id, outputs: 2, need: 1 };
    taskIds.push((await createTask(prisma, options)).task.id);
  }
  const anna = (await createMember(prisma, projectId, 'labeler')).id;
  const bert = (await createMember(prisma, projectId, 'labeler')).id;
  const claim = async (labelerId: string, holding: string[] = []) =>
    (await claimTask({ pool, projectId, labelerId, holding, leaseTtlMs: LEASE_TTL_MS })).task;
  return { projectId, taskIds, anna, bert, claim };
}

test('a task given back behind a labeler’s place in the queue still comes before "nothing left"', async () => {
  const { projectId, taskIds, anna, bert, claim } = await setUp(3);
  const first = await claim(bert);
  expect(first?.taskId).toBe(taskIds[0]);
  const held: string[] = [];
  for (const taskId of taskIds.slice(1)) {
    const task = await claim(anna, held);
    expect(task?.taskId).toBe(taskId);
    held.push(task?.leaseId ?? '');
  }
  await releaseLease({ pool: database.db.pool, projectId, labelerId: bert, leaseId: first?.leaseId ?? '' });
  expect((await claim(anna, held))?.taskId).toBe(taskIds[0]);
});

test('tasks of a higher priority are given first', async () => {
  const { taskIds, anna, claim } = await setUp(3);
  await database.db.pool.query('UPDATE "slot" SET "priority" = 5 WHERE "taskId" = $1', [taskIds[2]]);
  await database.db.pool.query('UPDATE "slot" SET "priority" = -2147483648 WHERE "taskId" = $1', [
    taskIds[0],
  ]);
  const order: (string | undefined)[] = [];
  const held: string[] = [];
  for (let i = 0; i < 3; i++) {
    const task = await claim(anna, held);
    order.push(task?.taskId);
    held.push(task?.leaseId ?? '');
  }
  expect(order).toEqual([taskIds[2], taskIds[1], taskIds[0]]);
});
