import {
  createMember,
  createProject,
  createTask,
  createTestDatabase,
  type TestDatabase,
} from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimSql, OWN_OPEN_LEASES_SQL, RENEW_OWN_SQL, TASK_CONTENT_SQL } from './claim.sql.ts';
import { READ_LEASE_SQL, WRITE_JUDGEMENT_SQL } from './judgement.sql.ts';
import { RENEW_SQL } from './lease-rows.ts';

const NOBODY = "'00000000-0000-0000-0000-000000000000'";
const NOBODIES = `ARRAY[${NOBODY}]::uuid[]`;
const nulls = (count: number): string => Array.from({ length: count }, () => 'NULL').join(', ');

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  const { prisma, pool } = database.db;
  const { project, form } = await createProject(prisma);
  const { id: labelerId } = await createMember(prisma, project.id, 'labeler');
  const options = { projectId: project.id, formVersionId: form.id, outputs: 2 };
  const { task } = await createTask(prisma, options);
  // Before the first statistics: that is when the planner guesses wrong.
  await pool.query(
    `INSERT INTO "lease" ("projectId", "taskId", "labelerId", "state", "shownOrder", "expiresAt")
     SELECT $1, $2, $3, 'expired', '{}', now() FROM generate_series(1, 2000)`,
    [project.id, task.id, labelerId],
  );
});
afterAll(() => database.close());

test.each([
  ['a claim', claimSql('free'), `${NOBODY}, ${NOBODY}, 1, 0, 0`],
  ['a claim from the start', claimSql('free-or-expired'), `${NOBODY}, ${NOBODY}, 1, 0, 0`],
  ['the last look of a claim', claimSql('wait'), `${NOBODY}, ${NOBODY}, 1, 0, 0`],
  ['reading what a task shows', TASK_CONTENT_SQL, NOBODIES],
  ['looking for an open lease', OWN_OPEN_LEASES_SQL, `${NOBODIES}, ${NOBODIES}`],
  ['giving back an open lease', RENEW_OWN_SQL, `${NOBODY}, ${NOBODY}, 1`],
  ['holding a task for longer', RENEW_SQL, `${NOBODY}, ${NOBODY}, ${NOBODY}`],
  ['reading a lease', READ_LEASE_SQL, `${NOBODIES}, ${NOBODIES}, ${NOBODIES}`],
  ['writing an answer', WRITE_JUDGEMENT_SQL, `${NOBODY}, ${NOBODY}, ${NOBODY}, 1, 'person', ${nulls(15)}`],
])('%s never reads all that its person ever did', async (_name, text, values) => {
  const client = await database.db.pool.connect();
  try {
    await client.query('SET plan_cache_mode = force_generic_plan');
    await client.query(`PREPARE looked_at AS ${text}`);
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN EXECUTE looked_at(${values})`);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).not.toContain('lease_labelerId_projectId_claimedAt_idx');
    expect(plan).not.toMatch(/Seq Scan on (lease|judgement) /);
  } finally {
    client.release(true);
  }
});
