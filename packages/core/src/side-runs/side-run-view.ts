import type { SideRunView } from '@rankloop/contracts';
import type { Prisma, SideRun } from '@rankloop/db';

export const ACTIVE_SIDE_RUNS = ['queued', 'running'] as const;

export async function viewSideRun(
  reader: Pick<Prisma.TransactionClient, 'sideRun'>,
  run: SideRun,
): Promise<SideRunView> {
  const isWaiting = run.state === 'queued';
  return {
    id: run.id,
    state: run.state,
    ahead: isWaiting ? await countAhead(reader, run) : 0,
    reason: run.reason,
    createdAt: run.createdAt.toISOString(),
    startedAt: run.startedAt?.toISOString() ?? null,
    endedAt: run.endedAt?.toISOString() ?? null,
  };
}

/** Of all projects: they share the process. */
function countAhead(
  reader: Pick<Prisma.TransactionClient, 'sideRun'>,
  { kind, createdAt }: SideRun,
): Promise<number> {
  const where = { kind, state: { in: [...ACTIVE_SIDE_RUNS] }, createdAt: { lt: createdAt } };
  return reader.sideRun.count({ where });
}
