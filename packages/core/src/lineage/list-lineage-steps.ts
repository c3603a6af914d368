import type { CheckpointLineage, LineageStep } from '@rankloop/contracts';
import { decodeOffset, offsetCursor } from '../shared/page.ts';
import { readLineageGraph, type LineageGraph } from './lineage-graph.ts';
import { readCheckpointRows, toLineageStage, toSnapshotRef } from './lineage-rows.ts';
import { requireCheckpoint, type LineagePageOptions } from './require-checkpoint.ts';

/** The checkpoint, then what it was made of, the nearest first. @throws AppError `not_found` */
export async function listLineageSteps(
  options: LineagePageOptions,
): Promise<{ items: LineageStep[]; nextCursor: string | null }> {
  await requireCheckpoint(options);
  return pageOfSteps(await readLineageGraph(options.prisma, options.projectId), options);
}

/** For a caller that has the graph. What a checkpoint comes from never changes, so a place in the order stays one. */
export async function pageOfSteps(
  graph: LineageGraph,
  { prisma, projectId, checkpointId, cursor, limit }: LineagePageOptions,
): Promise<CheckpointLineage['steps']> {
  const all = [checkpointId, ...graph.ancestorsOf(checkpointId)];
  const from = decodeOffset(cursor);
  const ids = all.slice(from, from + limit);
  const [rows, rounds] = await Promise.all([
    readCheckpointRows(prisma, ids),
    prisma.round.findMany({
      where: { projectId, checkpoints: { some: { id: { in: ids } } } },
      select: { id: true, number: true, state: true, snapshot: true },
    }),
  ]);
  const roundOf = new Map(rounds.map((round) => [round.id, round]));
  const items = ids.flatMap((id) => {
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
  return { items, count: all.length, nextCursor: offsetCursor(from + limit, all.length) };
}
