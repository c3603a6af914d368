import type { CheckpointLineage, LineageLabeler } from '@rankloop/contracts';
import { decodeOffset, offsetCursor } from '../shared/page.ts';
import { readLineageGraph, type LineageGraph } from './lineage-graph.ts';
import { requireCheckpoint, type LineagePageOptions } from './require-checkpoint.ts';

/** Who gave the judgements behind a checkpoint, those with the most first. @throws AppError `not_found` */
export async function listLineageLabelers(
  options: LineagePageOptions,
): Promise<{ items: LineageLabeler[]; nextCursor: string | null }> {
  await requireCheckpoint(options);
  return pageOfLabelers(await readLineageGraph(options.prisma, options.projectId), options);
}

/**
 * For a caller that has the graph. A judgement counts once: the snapshots of a long line hold the same ones again and
 * again.
 */
export async function pageOfLabelers(
  graph: LineageGraph,
  { prisma, projectId, checkpointId, cursor, limit }: LineagePageOptions,
): Promise<CheckpointLineage['labelers']> {
  const snapshotIds = snapshotsBehind(graph, checkpointId);
  const from = decodeOffset(cursor);
  const rows = await prisma.$queryRaw<(LineageLabeler & { count: number })[]>`
    SELECT g."userId", coalesce(m."pseudonym", 'former member') AS "pseudonym", g."judgements", g."leases",
      e."labelerId" IS NOT NULL AS "isExcluded", (count(*) OVER ())::int AS "count"
    FROM (
      SELECT j."labelerId" AS "userId", count(*)::int AS "judgements", count(DISTINCT j."leaseId")::int AS "leases"
      FROM "judgement" j
      WHERE j."projectId" = ${projectId}::uuid AND EXISTS (
        SELECT FROM "snapshot_judgement" sj
        WHERE sj."judgementId" = j."id" AND sj."snapshotId" = ANY(${snapshotIds}::uuid[]))
      GROUP BY j."labelerId"
    ) g
    LEFT JOIN "membership" m ON m."projectId" = ${projectId}::uuid AND m."userId" = g."userId"
    LEFT JOIN "labeler_exclusion" e ON e."projectId" = ${projectId}::uuid AND e."labelerId" = g."userId"
    ORDER BY g."judgements" DESC, "pseudonym", g."userId" OFFSET ${from}::bigint LIMIT ${limit}::bigint`;
  const count = rows[0]?.count ?? from;
  return {
    items: rows.map(({ count: _, ...labeler }) => labeler),
    count,
    nextCursor: offsetCursor(from + limit, count),
  };
}

function snapshotsBehind(graph: LineageGraph, checkpointId: string): string[] {
  const line = [checkpointId, ...graph.ancestorsOf(checkpointId)];
  return [...new Set(line.flatMap((id) => graph.roundOf(id)?.snapshotId ?? []))];
}
