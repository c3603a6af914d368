import { rm } from 'node:fs/promises';
import { newCheckpointFolder, recordCheckpoint, storeCheckpoint } from '@rankloop/core';
import type { Checkpoint, CheckpointKind, Prisma } from '@rankloop/db';
import type { RoundContext } from './round-context.ts';

/**
 * Lets `write` fill a fresh folder and makes a checkpoint of it: hashed, on the disk, renamed, and then the fenced row.
 * What `write` returns is kept with it, so that a resumed round need not train again to report.
 */
export async function keepFolder(
  { prisma, dataDir, fence, round }: RoundContext,
  checkpoint: { kind: CheckpointKind; parentId: string },
  write: (outDir: string) => Promise<Prisma.InputJsonObject>,
): Promise<Checkpoint> {
  const outDir = await newCheckpointFolder(dataDir);
  try {
    const metrics = await write(outDir);
    const label = `round-${round.id}-attempt-${fence.attempt}-${checkpoint.kind}`;
    const stored = await storeCheckpoint(dataDir, outDir, label);
    return await recordCheckpoint({ prisma, fence, stored, metrics, ...checkpoint });
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}
