import type { Prisma, PrismaClient } from '@rankloop/db';
import { emitSideRun } from './side-run-events.ts';

/** Whose write it is: a run and the worker that has taken it. */
export interface SideRunHold {
  runId: string;
  workerId: string;
}

/** Somebody stopped it, or took it from a worker that seemed dead: whoever hears this writes nothing more. */
export class SideRunLostError extends Error {
  override readonly name = 'SideRunLostError';
}

/** Says that the work goes on. @returns false when it no longer should */
export async function beatSideRun(prisma: PrismaClient, { runId, workerId }: SideRunHold): Promise<boolean> {
  const alive = await prisma.$executeRaw`
    UPDATE "side_run" SET "heartbeatAt" = clock_timestamp()
    WHERE "id" = ${runId}::uuid AND "workerId" = ${workerId} AND "state" = 'running'`;
  return alive > 0;
}

/** Keeps what there is so far, and tells open pages. @throws SideRunLostError */
export async function keepSideRunResult(
  prisma: PrismaClient,
  hold: SideRunHold,
  kept: { result: object; done: number; total: number },
): Promise<void> {
  const { result, done, total } = kept;
  await write(
    prisma,
    hold,
    (tx) => tx.$executeRaw`
      UPDATE "side_run" SET "result" = ${JSON.stringify(result)}::jsonb, "done" = ${done}, "total" = ${total},
        "heartbeatAt" = clock_timestamp()
      WHERE "id" = ${hold.runId}::uuid AND "workerId" = ${hold.workerId} AND "state" = 'running'`,
  );
}

/** Ends it; of what failed the reason is for people. @throws SideRunLostError */
export async function endSideRun(
  prisma: PrismaClient,
  hold: SideRunHold,
  end: { state: 'succeeded' } | { state: 'failed'; reason: string },
): Promise<void> {
  const reason = end.state === 'failed' ? end.reason : null;
  await write(
    prisma,
    hold,
    (tx) => tx.$executeRaw`
      UPDATE "side_run" SET "state" = ${end.state}::"side_run_state", "reason" = ${reason}, "endedAt" = clock_timestamp()
      WHERE "id" = ${hold.runId}::uuid AND "workerId" = ${hold.workerId} AND "state" = 'running'`,
  );
}

/** A worker that goes away leaves it to the next one. What was kept stays. */
export async function releaseSideRun(prisma: PrismaClient, hold: SideRunHold): Promise<void> {
  await prisma.$executeRaw`
    UPDATE "side_run" SET "state" = 'queued', "workerId" = NULL, "heartbeatAt" = NULL
    WHERE "id" = ${hold.runId}::uuid AND "workerId" = ${hold.workerId} AND "state" = 'running'`;
}

async function write(
  prisma: PrismaClient,
  { runId }: SideRunHold,
  update: (tx: Prisma.TransactionClient) => Promise<number>,
): Promise<void> {
  await prisma.$transaction(async (tx) => {
    if ((await update(tx)) === 0) throw new SideRunLostError('The run is no longer held by this worker.');
    await emitSideRun(tx, await tx.sideRun.findUniqueOrThrow({ where: { id: runId } }));
  });
}
