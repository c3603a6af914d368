import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RetentionSettings, type PruneResult } from '@rankloop/contracts';
import type { Checkpoint, Prisma, PrismaClient } from '@rankloop/db';
import { type Actor, recordAuditEvent } from '../audit/record-audit-event.ts';
import { emitLiveEvent } from '../live/emit-live-event.ts';
import { CheckpointManifest } from './checkpoint-view.ts';
import { readRetentionFacts, readRetentionSettings } from './read-retention-facts.ts';
import { reasonsToKeep } from './retention-rule.ts';
import { dropUnused } from './shared-files.ts';

export interface PruneCheckpointsOptions {
  prisma: PrismaClient;
  dataDir: string;
  projectId: string;
  actor: Actor;
}

/**
 * Deletes the files of the checkpoints that the project's settings do not keep. Rows, cards and lineage stay. Rows
 * before files: whoever dies between leaves folders that the sweep takes.
 */
export async function pruneCheckpoints(options: PruneCheckpointsOptions): Promise<PruneResult> {
  const { prisma, dataDir } = options;
  const due = await findDue(prisma, options.projectId);
  if (due.length === 0) return { items: [], freedBytes: 0 };
  const pruned = await prisma.$transaction((tx) => markPruned(tx, options, due), { timeout: 60_000 });
  let freedBytes = 0;
  for (const checkpoint of pruned) freedBytes += await deleteFiles(dataDir, checkpoint);
  return { items: pruned.map(({ id, name }) => ({ id, name })), freedBytes };
}

/** For all projects that want it done by itself. */
export async function pruneByThemselves(prisma: PrismaClient, dataDir: string): Promise<void> {
  const rows = await prisma.checkpointRetention.findMany();
  for (const { projectId, settings } of rows) {
    if (RetentionSettings.safeParse(settings).data?.isOn !== true) continue;
    await pruneCheckpoints({ prisma, dataDir, projectId, actor: { userId: null } });
  }
}

async function findDue(reader: Prisma.TransactionClient, projectId: string): Promise<string[]> {
  const settings = await readRetentionSettings(reader, projectId);
  const kept = reasonsToKeep(await readRetentionFacts(reader, projectId), settings);
  return [...kept].flatMap(([id, reasons]) => (reasons.length === 0 ? [id] : []));
}

async function markPruned(
  tx: Prisma.TransactionClient,
  { projectId, actor }: PruneCheckpointsOptions,
  due: readonly string[],
): Promise<Checkpoint[]> {
  // Whoever is about to use one holds its row (`holdPolicy`): that one stays. For the rest the rule is asked once more,
  // in a statement of its own, because a use may have been written before the lock.
  const locked = await tx.$queryRaw<{ id: string }[]>`
    SELECT "id" FROM "checkpoint" WHERE "id" = ANY(${due}::uuid[]) AND "prunedAt" IS NULL
    FOR UPDATE SKIP LOCKED`;
  const isLocked = new Set(locked.map(({ id }) => id));
  const ids = (await findDue(tx, projectId)).filter((id) => isLocked.has(id));
  await tx.checkpoint.updateMany({ where: { id: { in: ids } }, data: { prunedAt: new Date() } });
  const pruned = await tx.checkpoint.findMany({ where: { id: { in: ids } }, orderBy: { createdAt: 'asc' } });
  for (const { id, name } of pruned) {
    await recordAuditEvent(tx, actor, {
      action: 'checkpoint.pruned',
      projectId,
      subjectType: 'checkpoint',
      subjectId: id,
      detail: { name },
    });
  }
  const [first] = pruned;
  if (first) await emitLiveEvent(tx, { topic: 'checkpoint', projectId, data: { checkpointId: first.id } });
  return pruned;
}

/** @returns the bytes that this gave back */
async function deleteFiles(dataDir: string, { folder, manifest }: Checkpoint): Promise<number> {
  const files = CheckpointManifest.parse(manifest);
  let bytes = 0;
  for (const file of Object.keys(files)) {
    const found = await stat(join(dataDir, folder, file)).catch(() => null);
    if (found?.nlink === 1) bytes += found.size;
  }
  await rm(join(dataDir, folder), { recursive: true, force: true });
  const contents = Object.values(files).map(({ sha256 }) => sha256);
  return bytes + (await dropUnused(dataDir, contents));
}
