import { cancelCurve, getBudget, startCurve, viewCurveRun } from '@rankloop/core';
import { enqueueSideRun } from '@rankloop/jobs';
import type { FeatureDeps } from '../deps.ts';
import type { Mount } from '../http/mount.ts';

export function registerBudget(mount: Mount, { db: { prisma }, queues }: FeatureDeps): void {
  mount('getBudget', ({ params, query }) => getBudget({ prisma, ...params, ...query }));
  mount('startCurve', async ({ params, actor, request }) => {
    const run = await startCurve({ prisma, ...params, actor });
    await enqueueSideRun(queues, { kind: 'learning_curve', runId: run.id }).catch((err: unknown) =>
      request.log.warn({ err }, 'the learning curve waits for the reconciler'),
    );
    return viewCurveRun(prisma, run);
  });
  mount('cancelCurve', ({ params: { projectId, curveId: sideRunId }, actor }) =>
    cancelCurve({ prisma, projectId, sideRunId, actor }),
  );
}
