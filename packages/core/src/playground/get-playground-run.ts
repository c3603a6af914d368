import type { PlaygroundRun } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';
import { findSideRunOfProject } from '../side-runs/find-side-run.ts';
import { viewPlaygroundRun } from './playground-rows.ts';

/** @throws AppError `not_found`, also for another project's */
export async function getPlaygroundRun(options: {
  prisma: PrismaClient;
  projectId: string;
  sideRunId: string;
}): Promise<PlaygroundRun> {
  const { prisma } = options;
  return viewPlaygroundRun(prisma, await findSideRunOfProject(prisma, { ...options, kind: 'playground' }));
}
