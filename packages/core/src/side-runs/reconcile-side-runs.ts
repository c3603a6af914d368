import type { PrismaClient, SideRunKind } from '@rankloop/db';
import { emitSideRun } from './side-run-events.ts';

/** A worker says twice a second that it is at work; after this long without a word it is not. */
const SIDE_RUN_LIMIT_MS = 15_000;
/** What was drawn for the playground is kept this long. */
const PLAYGROUND_KEPT_MS = 86_400_000;

export interface DueSideRun {
  runId: string;
  kind: SideRunKind;
}

/**
 * What the rows say is due, after runs of dead workers were ended. They are not begun again by themselves: somebody
 * waits for them, and what took one worker down would take the next one.
 */
export async function reconcileSideRuns(
  prisma: PrismaClient,
  limitMs = SIDE_RUN_LIMIT_MS,
): Promise<DueSideRun[]> {
  const reason = 'The worker stopped responding. Start it again.';
  const lost = await prisma.$queryRaw<{ id: string }[]>`
    UPDATE "side_run" SET "state" = 'failed', "reason" = ${reason}, "endedAt" = clock_timestamp()
    WHERE "state" = 'running'
      AND ("heartbeatAt" IS NULL OR "heartbeatAt" < clock_timestamp() - make_interval(secs => ${limitMs / 1000}))
    RETURNING "id"`;
  for (const { id } of lost)
    await emitSideRun(prisma, await prisma.sideRun.findUniqueOrThrow({ where: { id } }));
  const due = await prisma.sideRun.findMany({
    where: { state: 'queued' },
    orderBy: { createdAt: 'asc' },
    select: { id: true, kind: true },
  });
  return due.map(({ id, kind }) => ({ runId: id, kind }));
}

/** Nobody looks at yesterday's tries any more, and they hold texts. */
export async function sweepSideRuns(prisma: PrismaClient, keptMs = PLAYGROUND_KEPT_MS): Promise<number> {
  const { count } = await prisma.sideRun.deleteMany({
    where: {
      kind: 'playground',
      state: { notIn: ['queued', 'running'] },
      createdAt: { lt: new Date(Date.now() - keptMs) },
    },
  });
  return count;
}
