import { cancelPlaygroundRun, getPlaygroundRun, startPlaygroundRun } from '@rankloop/core';
import { enqueueSideRun } from '@rankloop/jobs';
import type { FeatureDeps } from '../deps.ts';
import type { Mount } from '../http/mount.ts';

export function registerPlayground(mount: Mount, { db: { prisma }, queues }: FeatureDeps): void {
  mount('startPlaygroundRun', async ({ params, body, principal, request }) => {
    const { projectId } = params;
    const { id } = await startPlaygroundRun({ prisma, projectId, userId: principal.userId, request: body });
    await enqueueSideRun(queues, { kind: 'playground', runId: id }).catch((err: unknown) =>
      request.log.warn({ err }, 'the playground waits for the reconciler'),
    );
    return getPlaygroundRun({ prisma, projectId, sideRunId: id });
  });
  mount('getPlaygroundRun', ({ params: { projectId, playgroundRunId: sideRunId } }) =>
    getPlaygroundRun({ prisma, projectId, sideRunId }),
  );
  mount('cancelPlaygroundRun', ({ params: { projectId, playgroundRunId: sideRunId }, actor }) =>
    cancelPlaygroundRun({ prisma, projectId, sideRunId, actor }),
  );
}
