import type { CheckpointStorage } from '@rankloop/contracts';
import type { PrismaClient } from '@rankloop/db';
import { bytesOf } from './checkpoint-view.ts';
import { readRetentionFacts, readRetentionSettings } from './read-retention-facts.ts';
import { reasonsToKeep } from './retention-rule.ts';
import { MIN_SHARED_BYTES } from './shared-files.ts';

interface Totals {
  checkpoints: number;
  bytes: number;
  storedBytes: number;
  prunedCheckpoints: number;
  prunedBytes: number;
}

/** Disk use by the manifests; what the settings of the project would delete now. */
export async function getCheckpointStorage(options: {
  prisma: PrismaClient;
  projectId: string;
}): Promise<CheckpointStorage> {
  const { prisma, projectId } = options;
  const [totals, settings, facts] = await Promise.all([
    readTotals(prisma, projectId),
    readRetentionSettings(prisma, projectId),
    readRetentionFacts(prisma, projectId),
  ]);
  const kept = reasonsToKeep(facts, settings);
  const ids = facts.flatMap(({ id }) => (kept.get(id)?.length === 0 ? [id] : []));
  const due = await prisma.checkpoint.findMany({
    where: { id: { in: ids } },
    orderBy: { createdAt: 'asc' },
    select: { id: true, name: true, manifest: true },
  });
  return {
    settings,
    checkpoints: totals.checkpoints,
    bytes: totals.bytes,
    storedBytes: totals.storedBytes,
    pruned: { checkpoints: totals.prunedCheckpoints, bytes: totals.prunedBytes },
    due: {
      items: due.map(({ id, name }) => ({ id, name })),
      bytes: due.reduce((sum, { manifest }) => sum + bytesOf(manifest), 0),
    },
  };
}

async function readTotals(prisma: PrismaClient, projectId: string): Promise<Totals> {
  // Files that are too small to be shared count each time.
  const [row] = await prisma.$queryRaw<Totals[]>`
    WITH file AS (
      SELECT c."prunedAt" IS NOT NULL AS pruned, (f.value ->> 'bytes')::float8 AS bytes,
        CASE WHEN (f.value ->> 'bytes')::float8 >= ${MIN_SHARED_BYTES}
          THEN f.value ->> 'sha256' ELSE c."id"::text || f.key END AS content
      FROM "checkpoint" c, jsonb_each(c."manifest") f WHERE c."projectId" = ${projectId}::uuid
    ), content AS (SELECT max(bytes) AS bytes FROM file WHERE NOT pruned GROUP BY content)
    SELECT
      (SELECT count(*)::int FROM "checkpoint" WHERE "projectId" = ${projectId}::uuid AND "prunedAt" IS NULL)
        AS "checkpoints",
      (SELECT coalesce(sum(bytes), 0) FROM file WHERE NOT pruned) AS "bytes",
      (SELECT coalesce(sum(bytes), 0) FROM content) AS "storedBytes",
      (SELECT count(*)::int FROM "checkpoint" WHERE "projectId" = ${projectId}::uuid AND "prunedAt" IS NOT NULL)
        AS "prunedCheckpoints",
      (SELECT coalesce(sum(bytes), 0) FROM file WHERE pruned) AS "prunedBytes"`;
  if (!row) throw new Error('Sums without a row.');
  return row;
}
