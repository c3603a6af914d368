import { createProject, createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emitLiveEvent } from '../live/emit-live-event.ts';
import { failLostImports } from './fail-lost-imports.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

test('an import whose process is gone ends; one that works or has ended is left alone', async () => {
  const { db } = database;
  const { project } = await createProject(db.prisma);
  const projectId = project.id;
  const anHourAgo = new Date(Date.now() - 3_600_000);
  const make = async (state: 'running' | 'succeeded', createdAt = anHourAgo) =>
    (
      await db.prisma.import.create({
        data: { projectId, fileName: 'a', format: 'prompts', state, createdAt },
      })
    ).id;
  const lost = await make('running');
  const atWork = await make('running');
  await emitLiveEvent(db, { topic: 'import', projectId, data: { importId: atWork, state: 'running' } });
  const young = await make('running', new Date());
  const done = await make('succeeded');

  expect(await failLostImports(db)).toBe(1);
  const states = await db.prisma.import.findMany({ where: { projectId }, select: { id: true, state: true } });
  expect(new Map(states.map(({ id, state }) => [id, state]))).toEqual(
    new Map([
      [lost, 'failed'],
      [atWork, 'running'],
      [young, 'running'],
      [done, 'succeeded'],
    ]),
  );
});
