import { createMember, createTestDatabase, type TestDatabase } from '@rankloop/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeProject, makeRound, record, wave } from '../../test/recorded-rounds.ts';
import { listRounds, listRoundStarters } from './index.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
const prisma = () => database.db.prisma;

describe('the list of rounds', () => {
  test('is narrowed by state, recipe, person, rule and time, and its pages lose none', async () => {
    const project = await makeProject(prisma());
    const { projectId } = project;
    const { id: createdById } = await createMember(prisma(), projectId, 'researcher');
    const old = new Date(Date.now() - 86_400_000 * 10);
    await makeRound(prisma(), project, { state: 'failed', createdById, createdAt: old });
    await makeRound(prisma(), project, { recipe: 'dpo', createdById });
    await makeRound(prisma(), project, { isAutomatic: true });
    await makeRound(prisma(), project, { state: 'failed', recipe: 'dpo' });
    const list = async (filter: Partial<Parameters<typeof listRounds>[0]>) => {
      const numbers: number[] = [];
      let cursor: string | undefined;
      do {
        const page = await listRounds({ prisma: prisma(), projectId, limit: 1, cursor, ...filter });
        numbers.push(...page.items.map(({ number }) => number));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return numbers.sort();
    };
    expect(await list({})).toEqual([1, 2, 3, 4]);
    expect(await list({ state: 'failed' })).toEqual([1, 4]);
    expect(await list({ recipe: 'dpo' })).toEqual([2, 4]);
    expect(await list({ startedBy: createdById })).toEqual([1, 2]);
    expect(await list({ startedBy: 'rule' })).toEqual([3]);
    const yesterday = new Date(Date.now() - 86_400_000).toISOString();
    expect(await list({ since: yesterday })).toEqual([2, 3, 4]);
    expect(await list({ until: yesterday })).toEqual([1]);
    expect(await list({ state: 'failed', startedBy: createdById, until: yesterday })).toEqual([1]);
    const { items } = await listRoundStarters({ prisma: prisma(), projectId });
    expect(items.map(({ id }) => id)).toEqual([createdById]);
  });

  test("draws each round's reward with at most 60 points, of the stage that made its policy", async () => {
    const project = await makeProject(prisma());
    const round = await makeRound(prisma(), project);
    await record(prisma(), round.id, 'objective/scores', wave(500));
    await record(prisma(), round.id, 'objective/scores', [9], 'reward');
    const { items } = await listRounds({ prisma: prisma(), projectId: project.projectId, limit: 5 });
    expect(items[0]?.spark.length).toBeGreaterThan(40);
    expect(items[0]?.spark.length).toBeLessThanOrEqual(60);
    expect(items[0]?.spark).not.toContain(9);
  });
});
