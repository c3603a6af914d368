import { AppError } from '@rankloop/contracts';
import { requestSimulation, requestSimulationCancel, type ProjectAccess } from '@rankloop/core';
import { enqueueSimulateLabelers } from '@rankloop/jobs';
import type { FeatureDeps } from '../deps.ts';
import type { Mount } from '../http/mount.ts';

export function registerDemo(mount: Mount, { db, queues, config }: FeatureDeps): void {
  /** Invented judgements must never reach real work: both the project and the installation say demo. */
  const refuseOutsideDemo = ({ isDemo }: ProjectAccess) => {
    if (!isDemo || !config.isDemo) throw new AppError('demo_only');
  };

  mount('simulateLabelers', async ({ project, principal, actor, body }) => {
    refuseOutsideDemo(project);
    const { projectId } = project;
    const { judgements } = body;
    const { runId } = await requestSimulation({ db, actor, projectId, judgements });
    const requestedById = principal.userId;
    await enqueueSimulateLabelers(queues, { runId, projectId, judgements, requestedById });
    return { runId, judgements };
  });

  mount('cancelSimulation', async ({ project, actor }) => {
    refuseOutsideDemo(project);
    await requestSimulationCancel({ db, actor, projectId: project.projectId });
    return undefined;
  });
}
