import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCheckpoint, createMember, createProject, createTask } from './factories.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

describe('factories', () => {
  test('a task has its completions in order and one free slot per needed judgement', async () => {
    const { prisma } = database.db;
    const { project, form } = await createProject(prisma, { overlap: 3 });
    const made = await createTask(prisma, {
      projectId: project.id,
      formVersionId: form.id,
      outputs: ['a', 'b', 'c'],
      need: 3,
    });
    const rows = await prisma.taskCompletion.findMany({
      where: { taskId: made.task.id },
      include: { completion: true },
      orderBy: { position: 'asc' },
    });
    expect(rows.map((row) => row.completion.text)).toEqual(['a', 'b', 'c']);
    expect(await prisma.slot.count({ where: { taskId: made.task.id, state: 'free' } })).toBe(3);
  });

  test('members and checkpoints belong to their project', async () => {
    const { prisma } = database.db;
    const { project } = await createProject(prisma);
    const user = await createMember(prisma, project.id, 'researcher');
    const checkpoint = await createCheckpoint(prisma, { projectId: project.id, current: true });
    const found = await prisma.project.findUniqueOrThrow({
      where: { id: project.id },
      include: { memberships: true, currentPolicy: true },
    });
    expect(found.memberships.map((row) => row.userId)).toEqual([user.id]);
    expect(found.currentPolicy?.id).toBe(checkpoint.id);
  });
});

test('two test databases share no rows', async () => {
  const other = await createTestDatabase();
  try {
    await createProject(other.db.prisma);
    expect(await other.db.prisma.project.count()).toBe(1);
    const names = await database.db.pool.query<{ name: string }>('SELECT current_database() AS name');
    expect(other.url).not.toContain(names.rows[0]?.name);
  } finally {
    await other.close();
  }
});
