import { createProject, getLoop, getProject, listProjects, listPrompts, updateProject } from '@rankloop/core';
import type { FeatureDeps } from '../deps.ts';
import type { Mount } from '../http/mount.ts';

export function registerProjects(mount: Mount, { db, config }: FeatureDeps): void {
  mount('listProjects', async ({ principal }) => ({ items: await listProjects(db, principal) }));

  mount('createProject', async ({ actor, body }) => {
    const projectId = await createProject(db, { actor, ...body });
    return getProject(db, projectId, 'admin');
  });

  mount('getProject', ({ project }) => getProject(db, project.projectId, project.role));

  mount('updateProject', async ({ actor, project, body }) => {
    const { projectId, role } = project;
    await updateProject({ db, actor, projectId, changes: body });
    return getProject(db, projectId, role);
  });

  mount('getLoop', ({ project }) => {
    const { projectId, isDemo } = project;
    return getLoop({ db, projectId, canSimulate: isDemo && config.isDemo, now: new Date() });
  });

  mount('listPrompts', ({ params, query }) => listPrompts({ db, ...params, ...query }));
}
