import { ClaimAnswer, SubmitAnswer } from '@rankloop/contracts';
import { createProject, createTask } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Asker, startTestApp, type TestApp } from '../../test/start-test-app.ts';

const CONNECTIONS_PER_INSTANCE = 32;
const ROUNDS = 500;

let instances: TestApp[];
let labelers: Asker[];
let projectId: string;
let formVersionId: string;

beforeAll(async () => {
  const first = await startTestApp({ databasePoolMax: CONNECTIONS_PER_INSTANCE });
  const { databaseUrl } = first;
  instances = [first, await startTestApp({ databaseUrl, databasePoolMax: CONNECTIONS_PER_INSTANCE })];
  const { project, form } = await createProject(first.db.prisma);
  projectId = project.id;
  formVersionId = form.id;
  labelers = [];
  for (let i = 0; i < 2 * CONNECTIONS_PER_INSTANCE; i++)
    labelers.push(await first.createMemberAsker(projectId, 'labeler'));
}, 400_000);
afterAll(async () => {
  // The first has the database.
  for (const app of instances.reverse()) await app.close();
});

function instance(i: number): TestApp {
  const app = instances[i % instances.length];
  if (!app) throw new Error('no instance');
  return app;
}

async function claim(app: TestApp, as: Asker): Promise<ClaimAnswer> {
  const answer = await app.send({ method: 'POST', path: `/projects/${projectId}/claim`, as, body: {} });
  expect(answer.statusCode).toBe(200);
  return ClaimAnswer.parse(answer.json());
}

test(
  'two instances: no task is claimed over its need and nobody hears "nothing left" while a slot is free',
  { timeout: 1_200_000 },
  async () => {
    const { prisma, pool } = instance(0).db;
    let overClaimed = 0;
    let wronglyTurnedAway = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const need = 1 + (round % 3);
      const { task } = await createTask(prisma, { projectId, formVersionId, outputs: 2, need });
      const answers = await Promise.all(labelers.map((labeler, i) => claim(instance(i), labeler)));
      const winners = answers.filter((answer) => answer.task?.taskId === task.id).length;
      const leases = await prisma.lease.count({ where: { taskId: task.id } });
      if (winners > need || leases > need) overClaimed++;
      if (winners < need) wronglyTurnedAway++;
      await pool.query('DELETE FROM "slot" WHERE "taskId" = $1', [task.id]);
      await pool.query('DELETE FROM "lease" WHERE "taskId" = $1', [task.id]);
    }
    expect({ overClaimed, wronglyTurnedAway }).toEqual({ overClaimed: 0, wronglyTurnedAway: 0 });
  },
);

test('one submit sent five times at once to two instances is one row and five equal answers', async () => {
  const { prisma } = instance(0).db;
  const [labeler] = labelers;
  if (!labeler) throw new Error('no labeler');
  for (let round = 0; round < 20; round++) {
    await createTask(prisma, { projectId, formVersionId, outputs: 3 });
    const { task } = await claim(instance(round), labeler);
    if (!task) throw new Error('no task');
    const body = {
      outcome: 'ok',
      ranks: Object.fromEntries(task.outputs.map(({ id }, i) => [id, i + 1])),
      activeMs: 1000,
    };
    const path = `/projects/${projectId}/leases/${task.leaseId}/judgement`;
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, i) => instance(i).send({ method: 'PUT', path, as: labeler, body })),
    );
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200]);
    expect(new Set(answers.map((answer) => answer.body)).size).toBe(1);
    expect(SubmitAnswer.parse(answers[0]?.json())).toMatchObject({ revision: 1, counts: true });
    expect(await prisma.judgement.count({ where: { leaseId: task.leaseId } })).toBe(1);
  }
});
