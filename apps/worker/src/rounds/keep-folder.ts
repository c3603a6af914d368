import { rm } from 'node:fs/promises';
import {
  CheckpointManifest,
  findCheckpointDamage,
  findRoundCheckpoint,
  logRound,
  newCheckpointFolder,
  recordCheckpoint,
  storeCheckpoint,
} from '@rankloop/core';
import type { Checkpoint, CheckpointKind, Prisma } from '@rankloop/db';
import type { RoundContext } from './round-context.ts';

export interface NewCheckpoint {
  kind: CheckpointKind;
  /** That makes it. */
  stage: string;
  isLast: boolean;
  parentId: string;
}

/**
 * Lets `write` fill a fresh folder and makes a checkpoint of it: hashed, on the disk, renamed, and then the fenced row.
 * What `write` returns is kept with it, so that a resumed round need not train again to report.
 */
export async function keepFolder(
  { prisma, dataDir, fence, round }: RoundContext,
  checkpoint: NewCheckpoint,
  write: (outDir: string) => Promise<Prisma.InputJsonObject>,
): Promise<Checkpoint> {
  const outDir = await newCheckpointFolder(dataDir);
  try {
    const metrics = await write(outDir);
    const label = `round-${round.id}-attempt-${fence.attempt}-${checkpoint.stage}`;
    const stored = await storeCheckpoint(dataDir, outDir, label);
    return await recordCheckpoint({ prisma, fence, stored, metrics, ...checkpoint });
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}

/**
 * What an earlier attempt of the round has made in a stage, if it is still whole on the disk and was made of what the
 * round now has.
 */
export async function findMade(
  { prisma, dataDir, fence, round }: RoundContext,
  stage: string,
  madeOf: readonly Checkpoint[],
): Promise<Checkpoint | null> {
  const made = await findRoundCheckpoint(prisma, round.id, stage);
  if (!made) return null;
  const isOutdated = madeOf.some(
    ({ roundId, attempt }) => roundId === round.id && (attempt ?? 0) > (made.attempt ?? 0),
  );
  if (isOutdated) return null;
  const manifest = CheckpointManifest.parse(made.manifest);
  const damage = await findCheckpointDamage(dataDir, { ...made, manifest });
  if (damage === null) return made;
  await logRound(prisma, fence, `${damage} It is trained again.`, 'warning');
  return null;
}
