import { AppError, type CheckpointLineage } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';
import { readLineageGraph } from './lineage-graph.ts';
import { readCheckpointRows, readRefs, toLineageStage, toSnapshotRef } from './lineage-rows.ts';

export interface CheckpointLineageOptions {
  prisma: PrismaClient;
  projectId: string;
  checkpointId: string;
}

/** Everything that a checkpoint comes from: stages, data, leases, people under their pseudonyms. @throws AppError `not_found` */
export async function getCheckpointLineage(options: CheckpointLineageOptions): Promise<CheckpointLineage> {
  const { prisma, projectId, checkpointId } = options;
  await requireCheckpoint(options);
  const graph = await readLineageGraph(prisma, projectId);
  const ids = [checkpointId, ...graph.ancestorsOf(checkpointId)];
  const [rows, rounds, children] = await Promise.all([
    readCheckpointRows(prisma, ids),
    prisma.round.findMany({
      where: { projectId, checkpoints: { some: { id: { in: ids } } } },
      select: { id: true, number: true, state: true, snapshot: true },
    }),
    readRefs(prisma, graph.childrenOf(checkpointId)),
  ]);
  const roundOf = new Map(rounds.map((round) => [round.id, round]));
  const steps = ids.flatMap((id) => {
    const checkpoint = rows.get(id);
    if (!checkpoint) return [];
    const round = checkpoint.roundId === null ? undefined : roundOf.get(checkpoint.roundId);
    return [
      {
        checkpoint,
        madeOf: graph.sourcesOf(id),
        round: round ? { id: round.id, number: round.number, state: round.state } : null,
        stages: graph.stagesOf(id).map(toLineageStage),
        snapshot: round?.snapshot ? toSnapshotRef(round.snapshot) : null,
      },
    ];
  });
  const snapshotIds = [...new Set(steps.flatMap(({ snapshot }) => (snapshot ? [snapshot.id] : [])))];
  return { steps, children, labelers: await readLabelers(prisma, projectId, snapshotIds) };
}

/** @throws AppError `not_found`, also for a checkpoint of another project */
export async function requireCheckpoint(options: CheckpointLineageOptions): Promise<void> {
  const { prisma, projectId, checkpointId } = options;
  if ((await prisma.checkpoint.count({ where: { id: checkpointId, projectId } })) === 0)
    throw new AppError('not_found', { detail: 'There is no such checkpoint in this project.' });
}

/** Who gave the judgements of these snapshots; one that is in several counts once. */
function readLabelers(
  prisma: PrismaClient,
  projectId: string,
  snapshotIds: readonly string[],
): Promise<CheckpointLineage['labelers']> {
  return prisma.$queryRaw<CheckpointLineage['labelers']>`
    SELECT j."labelerId" AS "userId", coalesce(m."pseudonym", 'former member') AS "pseudonym",
      count(DISTINCT j."id")::int AS "judgements", count(DISTINCT j."leaseId")::int AS "leases",
      e."labelerId" IS NOT NULL AS "isExcluded"
    FROM "snapshot_judgement" sj JOIN "judgement" j ON j."id" = sj."judgementId"
    LEFT JOIN "membership" m ON m."projectId" = ${projectId}::uuid AND m."userId" = j."labelerId"
    LEFT JOIN "labeler_exclusion" e ON e."projectId" = ${projectId}::uuid AND e."labelerId" = j."labelerId"
    WHERE sj."snapshotId" = ANY(${snapshotIds}::uuid[])
    GROUP BY j."labelerId", m."pseudonym", e."labelerId"
    ORDER BY "judgements" DESC, "pseudonym"`;
}
