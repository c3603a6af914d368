import { AppError, type CheckpointDetail } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';
import { readLineageGraph } from '../lineage/lineage-graph.ts';
import { readChildren, readRefs, toLineageStage, toSnapshotRef } from '../lineage/lineage-rows.ts';
import { CHECKPOINT_PARTS, CheckpointManifest, toCheckpointRow } from './checkpoint-view.ts';
import { readRetentionFacts, readRetentionSettings } from './read-retention-facts.ts';
import { reasonsToKeep } from './retention-rule.ts';

export interface GetCheckpointOptions {
  prisma: PrismaClient;
  projectId: string;
  checkpointId: string;
}

/** A checkpoint with everything that its card says. @throws AppError `not_found` */
export async function getCheckpoint(options: GetCheckpointOptions): Promise<CheckpointDetail> {
  const { prisma, projectId, checkpointId } = options;
  const row = await prisma.checkpoint.findFirst({
    where: { id: checkpointId, projectId },
    include: { ...CHECKPOINT_PARTS, project: { select: { name: true } } },
  });
  if (!row) throw new AppError('not_found', { detail: 'There is no such checkpoint in this project.' });
  const [graph, settings, facts, round] = await Promise.all([
    readLineageGraph(prisma, projectId),
    readRetentionSettings(prisma, projectId),
    readRetentionFacts(prisma, projectId),
    row.roundId === null
      ? null
      : prisma.round.findUnique({
          where: { id: row.roundId },
          select: { id: true, number: true, state: true, snapshot: true },
        }),
  ]);
  const snapshot = round?.snapshot ?? null;
  return {
    checkpoint: toCheckpointRow(row),
    project: row.project.name,
    stage: row.stage,
    files: Object.entries(CheckpointManifest.parse(row.manifest)).map(([name, file]) => ({ name, ...file })),
    lineageHash: row.lineageHash,
    keptFor: reasonsToKeep(facts, settings).get(row.id) ?? [],
    madeOf: await readRefs(prisma, graph.sourcesOf(row.id)),
    ...(await readChildren(prisma, graph, row.id)),
    round: round && { id: round.id, number: round.number, state: round.state },
    stages: graph.stagesOf(row.id).map(toLineageStage),
    snapshot: snapshot && {
      ...toSnapshotRef(snapshot),
      people: await countPeople(prisma, snapshot.id),
    },
  };
}

async function countPeople(prisma: PrismaClient, snapshotId: string): Promise<number> {
  const [row] = await prisma.$queryRaw<{ people: number }[]>`
    SELECT count(DISTINCT j."labelerId")::int AS "people"
    FROM "snapshot_judgement" sj JOIN "judgement" j ON j."id" = sj."judgementId"
    WHERE sj."snapshotId" = ${snapshotId}::uuid`;
  return row?.people ?? 0;
}
