import { createDb, type Db } from '@rankloop/db';
import {
  createMember,
  createProject,
  createTask,
  createTestDatabase,
  type TestDatabase,
} from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimTask } from './claim-task.ts';

const CONNECTIONS_PER_INSTANCE = 32;
/** Over HTTP, on two instances, it runs for longer: here the planted bugs are what is new. */
const ROUNDS = 100;
const ROUNDS_UNTIL_A_BUG_SHOWS = 300;
const LEASE_TTL_MS = 600_000;

let database: TestDatabase;
let instances: Db[];
let projectId: string;
let formVersionId: string;
let labelers: string[];

beforeAll(async () => {
  database = await createTestDatabase();
  instances = [1, 2].map(() => createDb({ url: database.url, max: CONNECTIONS_PER_INSTANCE }));
  const { project, form } = await createProject(database.db.prisma);
  projectId = project.id;
  formVersionId = form.id;
  const people = Array.from({ length: 2 * CONNECTIONS_PER_INSTANCE }, () =>
    createMember(database.db.prisma, projectId, 'labeler'),
  );
  labelers = (await Promise.all(people)).map((person) => person.id);
});

afterAll(async () => {
  await Promise.all(instances.map((instance) => instance.close()));
  await database.close();
});

/** Tries to take a slot: the task's id, or null for "nothing left". */
type Claim = (db: Db, labelerId: string) => Promise<string | null>;

const claimAsTheProductDoes: Claim = async (db, labelerId) => {
  const answer = await claimTask({
    pool: db.pool,
    projectId,
    labelerId,
    holding: [],
    leaseTtlMs: LEASE_TTL_MS,
  });
  return answer.task?.taskId ?? null;
};

interface RaceResult {
  overClaimed: number;
  wronglyTurnedAway: number;
}

/** Everybody fights for the last slots of one task, `rounds` times, on both instances at once. */
async function race(claim: Claim, rounds: number, stopAtFirstBug: boolean): Promise<RaceResult> {
  const result: RaceResult = { overClaimed: 0, wronglyTurnedAway: 0 };
  for (let round = 0; round < rounds; round++) {
    const need = 1 + (round % 3);
    const { task } = await createTask(database.db.prisma, { projectId, formVersionId, outputs: 2, need });
    const answers = await Promise.all(
      labelers.map((labelerId, index) => {
        const db = instances[index % instances.length];
        if (!db) throw new Error('no instance');
        return claim(db, labelerId);
      }),
    );
    const winners = answers.filter((taskId) => taskId === task.id).length;
    if (winners > need) result.overClaimed++;
    if (winners < need) result.wronglyTurnedAway++;
    await finish(task.id);
    if (stopAtFirstBug && (result.overClaimed > 0 || result.wronglyTurnedAway > 0)) break;
  }
  return result;
}

/** Takes a task out of the next round, in one statement per table. */
async function finish(taskId: string): Promise<void> {
  const { pool } = database.db;
  await pool.query('DELETE FROM "slot" WHERE "taskId" = $1', [taskId]);
  await pool.query('DELETE FROM "lease" WHERE "taskId" = $1', [taskId]);
}

test('no task is claimed over its need and nobody is turned away while a slot is free', async () => {
  expect(await race(claimAsTheProductDoes, ROUNDS, false)).toEqual({ overClaimed: 0, wronglyTurnedAway: 0 });
}, 600_000);

/** The planted bugs: the same race must find each of them. */
const INSERT_LEASE = `INSERT INTO "lease" ("projectId", "taskId", "slotId", "labelerId", "shownOrder", "expiresAt")`;

const checkThenInsert: Claim = async (db, labelerId) => {
  const { rows } = await db.pool.query<{ id: string; taskId: string }>(
    `SELECT "id", "taskId" FROM "slot" WHERE "projectId" = $1 AND "state" = 'free' ORDER BY "id" LIMIT 1`,
    [projectId],
  );
  const slot = rows[0];
  if (!slot) return null;
  await db.pool.query(
    `UPDATE "slot" SET "state" = 'done', "isOpen" = false, "leaseId" = gen_random_uuid(), "labelerId" = $2 WHERE "id" = $1`,
    [slot.id, labelerId],
  );
  return slot.taskId;
};

const countLeasesInOneStatement: Claim = async (db, labelerId) => {
  const { rows } = await db.pool.query<{ taskId: string }>(
    `${INSERT_LEASE}
     SELECT $1, t."id", NULL, $2, '{}', now() + interval '1 hour' FROM "task" t
     WHERE t."projectId" = $1 AND EXISTS (SELECT 1 FROM "slot" s WHERE s."taskId" = t."id")
       AND (SELECT count(*) FROM "lease" l WHERE l."taskId" = t."id") < t."need"
     LIMIT 1 RETURNING "taskId"`,
    [projectId, labelerId],
  );
  return rows[0]?.taskId ?? null;
};

test.each([
  ['check, then insert', checkThenInsert],
  ['counting leases inside one statement', countLeasesInOneStatement],
])(
  'the race would find a claim that is wrong: %s',
  async (_name, claim) => {
    const { overClaimed, wronglyTurnedAway } = await race(claim, ROUNDS_UNTIL_A_BUG_SHOWS, true);
    expect(overClaimed + wronglyTurnedAway).toBeGreaterThan(0);
  },
  600_000,
);
