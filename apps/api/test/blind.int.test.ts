import { createCheckpoint, createProject } from '@rankloop/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from './start-test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

test('a labeler is not told which policy is in use; a researcher is', async () => {
  const { prisma } = app.db;
  const { project } = await createProject(prisma);
  const policy = await createCheckpoint(prisma, { projectId: project.id });
  await prisma.project.update({ where: { id: project.id }, data: { currentPolicyId: policy.id } });
  const labeler = await app.createMemberAsker(project.id, 'labeler');
  const researcher = await app.createMemberAsker(project.id, 'researcher');
  for (const path of [`/projects/${project.id}`, '/projects', '/me']) {
    expect((await app.send({ path, as: labeler })).body).not.toContain(policy.id);
  }
  expect((await app.send({ path: `/projects/${project.id}`, as: researcher })).body).toContain(policy.id);
});
