import type { AuditAction } from '@rankloop/contracts';
import type { PrismaClient, SideRun, SideRunKind } from '@rankloop/db';
import { type Actor, recordAuditEvent } from '../audit/record-audit-event.ts';
import { findSideRunOfProject } from './find-side-run.ts';
import { emitSideRun } from './side-run-events.ts';

export interface CancelSideRunOptions {
  prisma: PrismaClient;
  projectId: string;
  sideRunId: string;
  kind: SideRunKind;
  actor: Actor;
  /** What the audit trail calls it; absent: nothing that it would tell of. */
  action?: AuditAction;
}

/** The row ends at once; its worker hears of it with its next heartbeat. One that has ended stays as it is. */
export async function cancelSideRun(options: CancelSideRunOptions): Promise<SideRun> {
  const { prisma, projectId, sideRunId, actor, action } = options;
  return prisma.$transaction(async (tx) => {
    await findSideRunOfProject(tx, options);
    const cancelled = await tx.$executeRaw`
      UPDATE "side_run" SET "state" = 'cancelled', "endedAt" = clock_timestamp()
      WHERE "id" = ${sideRunId}::uuid AND "state" IN ('queued', 'running')`;
    const run = await findSideRunOfProject(tx, options);
    if (cancelled === 0) return run;
    await emitSideRun(tx, run);
    if (action !== undefined)
      await recordAuditEvent(tx, actor, { action, projectId, subjectType: 'side-run', subjectId: sideRunId });
    return run;
  });
}
