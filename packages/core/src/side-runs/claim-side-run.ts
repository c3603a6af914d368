import type { PrismaClient, SideRun } from '@rankloop/db';
import { emitSideRun } from './side-run-events.ts';

/** Takes what waits for one worker. Null: another has it, or nobody waits for it any more. */
export async function claimSideRun(
  prisma: PrismaClient,
  { runId, workerId }: { runId: string; workerId: string },
): Promise<SideRun | null> {
  return prisma.$transaction(async (tx) => {
    const taken = await tx.$executeRaw`
      UPDATE "side_run" SET "state" = 'running', "workerId" = ${workerId}, "heartbeatAt" = clock_timestamp(),
        "startedAt" = coalesce("startedAt", clock_timestamp())
      WHERE "id" = ${runId}::uuid AND "state" = 'queued'`;
    if (taken === 0) return null;
    const run = await tx.sideRun.findUniqueOrThrow({ where: { id: runId } });
    await emitSideRun(tx, run);
    return run;
  });
}
