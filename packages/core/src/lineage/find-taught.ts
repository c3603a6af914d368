import { LINEAGE_ROWS, type TaughtCheckpoint } from '@rankloop/contracts';
import { Prisma, type PrismaClient } from '@rankloop/db';
import { CHECKPOINT_PARTS, toCheckpointRow } from '../checkpoints/checkpoint-view.ts';
import { readLineageGraph } from './lineage-graph.ts';
import { toSnapshotRef, type SnapshotRef } from './lineage-rows.ts';

export interface Touched {
  snapshots: (SnapshotRef & { of: number })[];
  snapshotCount: number;
  taught: TaughtCheckpoint[];
  taughtCount: number;
  touchesCurrent: boolean;
}

/** Snapshots with some judgements, and the checkpoints that learned from them: directly, or through another. Newest first. */
export async function findTaught(
  prisma: PrismaClient,
  projectId: string,
  which: { judgementId: string } | { labelerId: string },
  limit: number = LINEAGE_ROWS,
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
    take: limit,
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
  const all = [...new Set([...ids, ...graph.descendantsOf(ids)])];
  const newest = await prisma.checkpoint.findMany({
    where: { id: { in: all } },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit,
    include: CHECKPOINT_PARTS,
  });
  return {
    snapshots: snapshots.map((row) => ({ ...toSnapshotRef(row), of: countOf.get(row.id) ?? 0 })),
    snapshotCount: countOf.size,
    taught: newest.map((row) => ({
      checkpoint: toCheckpointRow(row),
      isDirect: judgementsOf.has(row.id),
      judgements: judgementsOf.get(row.id) ?? 0,
    })),
    taughtCount: all.length,
    touchesCurrent:
      (await prisma.project.count({ where: { id: projectId, currentPolicyId: { in: all } } })) > 0,
  };
}
