import {
  inputsOf,
  LINEAGE_ROWS,
  type CheckpointDetail,
  type CheckpointRow,
  type LineageStep,
  type StageSpec,
} from '@rankloop/contracts';
import type { Prisma, PrismaClient } from '@rankloop/db';
import { CHECKPOINT_PARTS, toCheckpointRow } from '../checkpoints/checkpoint-view.ts';
import type { LineageGraph } from './lineage-graph.ts';

export type SnapshotRef = NonNullable<LineageStep['snapshot']>;

/** Checkpoints as the API shows them, by id. */
export async function readCheckpointRows(
  prisma: Pick<PrismaClient, 'checkpoint'>,
  ids: readonly string[],
): Promise<Map<string, CheckpointRow>> {
  const rows = await prisma.checkpoint.findMany({
    where: { id: { in: [...ids] } },
    include: CHECKPOINT_PARTS,
  });
  return new Map(rows.map((row) => [row.id, toCheckpointRow(row)]));
}

export function toSnapshotRef(row: Prisma.SnapshotGetPayload<object>): SnapshotRef {
  return { id: row.id, name: row.name, hash: row.hash, judgements: row.judgementCount };
}

/** Of a stage as it was run: everything but its name and recipe. */
export function toLineageStage(stage: StageSpec): LineageStep['stages'][number] {
  const { name, recipe, ...settings } = stage;
  return {
    name,
    recipe,
    settings,
    takes: [...new Set(inputsOf(stage).map((input) => input.name))],
  };
}

/** Ids with names, the oldest first. */
export async function readRefs(
  prisma: Pick<PrismaClient, 'checkpoint'>,
  ids: readonly string[],
): Promise<{ id: string; name: string }[]> {
  const rows = await prisma.checkpoint.findMany({
    where: { id: { in: [...ids] } },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    select: { id: true, name: true },
  });
  return rows;
}

/** What was made of a checkpoint, the newest first; of very many the newest. */
export async function readChildren(
  prisma: Pick<PrismaClient, 'checkpoint'>,
  graph: LineageGraph,
  checkpointId: string,
  limit = LINEAGE_ROWS,
): Promise<Pick<CheckpointDetail, 'children' | 'childCount'>> {
  const ids = graph.childrenOf(checkpointId);
  const children = await prisma.checkpoint.findMany({
    where: { id: { in: ids } },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit,
    select: { id: true, name: true },
  });
  return { children, childCount: ids.length };
}
