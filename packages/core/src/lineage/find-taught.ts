import type { TaughtCheckpoint } from '@rankloop/contracts';
import { Prisma, type PrismaClient } from '@rankloop/db';
import { readLineageGraph } from './lineage-graph.ts';
import { readCheckpointRows, toSnapshotRef, type SnapshotRef } from './lineage-rows.ts';

export interface Touched {
  snapshots: (SnapshotRef & { of: number })[];
  taught: TaughtCheckpoint[];
  touchesCurrent: boolean;
}

/** Snapshots with some judgements, and the checkpoints that learned from them: directly, or through another. */
export async function findTaught(
  prisma: PrismaClient,
  projectId: string,
  which: { judgementId: string } | { labelerId: string },
): Promise<Touched> {
  const condition =
    'judgementId' in which
      ? Prisma.sql`j."id" = ${which.judgementId}::uuid`
      : Prisma.sql`j."labelerId" = ${which.labelerId}::uuid`;
  const counts = await prisma.$queryRaw<{ snapshotId: string; of: number }[]>`
    SELECT sj."snapshotId", count(*)::int AS "of"
    FROM "judgement" j JOIN "snapshot_judgement" sj ON sj."judgementId" = j."id"
    WHERE j."projectId" = ${projectId}::uuid AND ${condition} GROUP BY sj."snapshotId"`;
  const countOf = new Map(counts.map(({ snapshotId, of }) => [snapshotId, of]));
  const snapshots = await prisma.snapshot.findMany({
    where: { projectId, id: { in: [...countOf.keys()] } },
    orderBy: { createdAt: 'desc' },
  });
  const direct = await prisma.checkpoint.findMany({
    where: { projectId, round: { snapshotId: { in: [...countOf.keys()] } } },
    select: { id: true, round: { select: { snapshotId: true } } },
  });
  const judgementsOf = new Map(
    direct.map(({ id, round }) => [id, countOf.get(round?.snapshotId ?? '') ?? 0]),
  );
  const graph = await readLineageGraph(prisma, projectId);
  const ids = [...judgementsOf.keys()];
  const rows = await readCheckpointRows(prisma, [...new Set([...ids, ...graph.descendantsOf(ids)])]);
  const taught = [...rows.values()]
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
    .map((checkpoint) => ({
      checkpoint,
      isDirect: judgementsOf.has(checkpoint.id),
      judgements: judgementsOf.get(checkpoint.id) ?? 0,
    }));
  return {
    snapshots: snapshots.map((row) => ({ ...toSnapshotRef(row), of: countOf.get(row.id) ?? 0 })),
    taught,
    touchesCurrent: taught.some(({ checkpoint }) => checkpoint.isCurrent),
  };
}
