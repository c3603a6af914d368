import { randomUUID } from 'node:crypto';
import { Problem, RoundDetail } from '@rankloop/contracts';
import { createCheckpoint, createMember, createProject, createTask } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../test/start-test-app.ts';

const STARTS = 8;

/** Two instances: people reach different ones, and no memory of a process may stand between them. */
let apps: readonly [TestApp, TestApp];
beforeAll(async () => {
  const first = await startTestApp();
  apps = [first, await startTestApp({ databaseUrl: first.databaseUrl })];
});
afterAll(async () => {
  for (const app of apps.toReversed()) await app.close();
});

test('of several starts at once one makes a round, and the others are told which with 409', async () => {
  const [app] = apps;
  const { db } = app;
  const projectId = await makeJudgedProject();
  const as = await app.createMemberAsker(projectId, 'researcher');
  const path = `/projects/${projectId}/rounds`;
  const answers = await Promise.all(
    Array.from({ length: STARTS }, (_, i) =>
      apps[i % 2 === 0 ? 0 : 1].send({ method: 'POST', path, as, body: {} }),
    ),
  );
  const started = answers.filter(({ statusCode }) => statusCode === 201);
  expect(started).toHaveLength(1);
  const { id } = RoundDetail.parse(started[0]?.json());
  const refused = answers.filter(({ statusCode }) => statusCode !== 201);
  expect(refused.map(({ statusCode }) => statusCode)).toEqual(Array.from({ length: STARTS - 1 }, () => 409));
  for (const answer of refused)
    expect(Problem.parse(answer.json())).toMatchObject({ code: 'round_active', conflictId: id });
  expect(await db.prisma.round.count({ where: { projectId } })).toBe(1);
  expect(await db.prisma.snapshot.count({ where: { projectId } })).toBe(1);
});

/** A policy, and two prompts about which somebody has said what is better. */
async function makeJudgedProject(): Promise<string> {
  const [{ db }] = apps;
  const { prisma } = db;
  const { project, form } = await createProject(prisma);
  const projectId = project.id;
  const { id: labelerId } = await createMember(prisma, projectId, 'labeler');
  await createCheckpoint(prisma, { projectId, current: true });
  for (let i = 0; i < 2; i++) {
    const { task, completionIds } = await createTask(prisma, { projectId, formVersionId: form.id });
    const told = { projectId, taskId: task.id, labelerId, shownOrder: completionIds };
    const { id: leaseId } = await prisma.lease.create({
      data: { ...told, state: 'submitted', expiresAt: new Date() },
    });
    await prisma.judgement.create({
      data: {
        ...told,
        leaseId,
        revision: 1,
        source: 'person',
        outcome: 'ok',
        ranks: Object.fromEntries(completionIds.map((id, place) => [id, place + 1])),
        activeMs: 5000,
        formVersionId: form.id,
        bodyHash: randomUUID(),
      },
    });
  }
  return projectId;
}
