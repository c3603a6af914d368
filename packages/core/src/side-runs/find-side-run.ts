import { AppError } from '@rankloop/contracts';
import type { Prisma, SideRun, SideRunKind } from '@rankloop/db';

/** @throws AppError `not_found`, also for another project's or one of another kind */
export async function findSideRunOfProject(
  reader: Pick<Prisma.TransactionClient, 'sideRun'>,
  key: { projectId: string; sideRunId: string; kind: SideRunKind },
): Promise<SideRun> {
  const { projectId, sideRunId, kind } = key;
  const run = await reader.sideRun.findFirst({ where: { id: sideRunId, projectId, kind } });
  if (!run) throw new AppError('not_found', { detail: 'This is not here, or not kept any more.' });
  return run;
}
