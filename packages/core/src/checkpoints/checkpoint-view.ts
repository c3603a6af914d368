import { type CheckpointRow, RoundReport } from '@rankloop/contracts';
import type { Prisma } from '@rankloop/db';
import { z } from 'zod';

export const CHECKPOINT_PARTS = {
  round: { select: { number: true, summary: true } },
  currentOf: { select: { id: true } },
} as const satisfies Prisma.CheckpointInclude;

/** File name -> size and hash; the checkpoint's own hash is over this. */
export const CheckpointManifest = z.record(
  z.string(),
  z.object({ bytes: z.number().int(), sha256: z.string() }),
);
export type CheckpointManifest = z.infer<typeof CheckpointManifest>;

export function toCheckpointRow(
  row: Prisma.CheckpointGetPayload<{ include: typeof CHECKPOINT_PARTS }>,
): CheckpointRow {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    parentId: row.parentId,
    roundId: row.roundId,
    roundNumber: row.round?.number ?? null,
    manifestHash: row.manifestHash,
    bytes: bytesOf(row.manifest),
    isCurrent: row.currentOf !== null,
    promotedAt: row.promotedAt?.toISOString() ?? null,
    prunedAt: row.prunedAt?.toISOString() ?? null,
    metrics: z.record(z.string(), z.unknown()).parse(row.metrics),
    winRate: row.kind === 'policy' ? winRateOf(row.round?.summary) : null,
    createdAt: row.createdAt.toISOString(),
  };
}

/** Of all files together. */
export function bytesOf(manifest: unknown): number {
  const { data = {} } = CheckpointManifest.safeParse(manifest);
  return Object.values(data).reduce((sum, { bytes }) => sum + bytes, 0);
}

function winRateOf(summary: unknown): CheckpointRow['winRate'] {
  return RoundReport.safeParse(summary).data?.winRate ?? null;
}
