import { passFaultPoint } from '@rankloop/contracts';
import type { Checkpoint, CheckpointKind, Prisma, PrismaClient } from '@rankloop/db';
import { computeLineageHash } from '../lineage/compute-lineage-hash.ts';
import { readLineageGraph } from '../lineage/lineage-graph.ts';
import { emitLiveEvent } from '../live/emit-live-event.ts';
import { type Fence, withFence } from '../rounds/fence.ts';
import { type StoredCheckpoint, sweepCheckpointFiles } from './checkpoint-files.ts';

export interface RecordCheckpointOptions {
  prisma: PrismaClient;
  fence: Fence;
  kind: CheckpointKind;
  /** Of the round, that made it. */
  stage: string;
  /** Whether the round ends with it: that one is simply called after the round. */
  isLast: boolean;
  stored: StoredCheckpoint;
  parentId: string;
  metrics: Prisma.InputJsonObject;
}

/** The fenced row that makes a stored folder a checkpoint of a round. @throws StaleAttemptError */
export async function recordCheckpoint(options: RecordCheckpointOptions): Promise<Checkpoint> {
  const { prisma, fence, kind, stage, isLast, stored, parentId, metrics } = options;
  const made = await withFence(prisma, fence, async (tx, { projectId, number }) => {
    const model = await tx.model.upsert({
      where: { projectId_name: { projectId, name: kind } },
      create: { projectId, name: kind, kind },
      update: {},
    });
    const checkpoint = await tx.checkpoint.create({
      data: {
        projectId,
        modelId: model.id,
        kind,
        name: isLast ? NAMES[kind](number) : `${NAMES[kind](number)}, ${stage}`,
        stage,
        folder: stored.folder,
        manifestHash: stored.manifestHash,
        manifest: stored.manifest,
        parentId,
        roundId: fence.roundId,
        attempt: fence.attempt,
        metrics,
      },
    });
    const graph = await readLineageGraph(tx, projectId);
    const lineageHash = await computeLineageHash(tx, graph, checkpoint);
    await tx.checkpoint.update({ where: { id: checkpoint.id }, data: { lineageHash } });
    await emitLiveEvent(tx, {
      topic: 'checkpoint',
      projectId,
      data: { checkpointId: checkpoint.id, roundId: fence.roundId, kind },
    });
    passFaultPoint('before the commit');
    return checkpoint;
  });
  passFaultPoint('after the commit');
  return made;
}

const NAMES: Record<CheckpointKind, (round: number) => string> = {
  policy: (round) => `Round ${round}`,
  reward: (round) => `Reward model of round ${round}`,
};

/** What an earlier attempt of the round has already made in a stage; the newest, if several have. */
export async function findRoundCheckpoint(
  prisma: PrismaClient,
  roundId: string,
  stage: string,
): Promise<Checkpoint | null> {
  return prisma.checkpoint.findFirst({ where: { roundId, stage }, orderBy: { attempt: 'desc' } });
}

/** The first policy of a line: where the project began. */
export async function findRootPolicy(prisma: PrismaClient, checkpoint: Checkpoint): Promise<Checkpoint> {
  const rows = await prisma.$queryRaw<{ id: string }[]>`
    WITH RECURSIVE line AS (
      SELECT "id", "parentId", 0 AS depth FROM "checkpoint" WHERE "id" = ${checkpoint.id}::uuid
      UNION ALL
      SELECT c."id", c."parentId", line.depth + 1 FROM "checkpoint" c JOIN line ON c."id" = line."parentId"
      WHERE c."kind" = 'policy'
    ) SELECT "id" FROM line ORDER BY depth DESC LIMIT 1`;
  return prisma.checkpoint.findUniqueOrThrow({ where: { id: rows[0]?.id ?? checkpoint.id } });
}

/** A folder younger than this may belong to a write whose row is about to come. */
const STRAY_AGE_MS = 3_600_000;

/** Deletes folders of the data directory that no row points at. */
export async function sweepCheckpoints(
  prisma: PrismaClient,
  dataDir: string,
  olderThanMs = STRAY_AGE_MS,
): Promise<number> {
  const rows = await prisma.checkpoint.findMany({ where: { prunedAt: null }, select: { folder: true } });
  return sweepCheckpointFiles({ dataDir, known: new Set(rows.map(({ folder }) => folder)), olderThanMs });
}
