import type { Checkpoint, PrismaClient } from '@rankloop/db';
import { findCheckpointDamage } from './checkpoint-files.ts';
import { CheckpointManifest } from './checkpoint-view.ts';

export interface FindWholePolicyOptions {
  prisma: PrismaClient;
  dataDir: string;
  checkpointId: string;
}

export interface WholePolicy {
  /** Null where none of the line is whole. */
  checkpoint: Checkpoint | null;
  /** A sentence for each that was refused. */
  refused: string[];
}

/**
 * The policy if its files are what was written, else the nearest one before it in its line whose files are: nothing is
 * learned from damaged weights.
 */
export async function findWholePolicy(options: FindWholePolicyOptions): Promise<WholePolicy> {
  const { prisma, dataDir } = options;
  const refused: string[] = [];
  let id: string | null = options.checkpointId;
  while (id !== null) {
    const checkpoint: Checkpoint = await prisma.checkpoint.findUniqueOrThrow({ where: { id } });
    // What a policy that was imported was made of elsewhere is no policy of ours.
    if (checkpoint.kind !== 'policy') break;
    const damage = await findDamage(dataDir, checkpoint);
    if (damage === null) return { checkpoint, refused };
    refused.push(`"${checkpoint.name}" is refused: ${damage}`);
    id = checkpoint.parentId;
  }
  return { checkpoint: null, refused };
}

/** A sentence on what differs from the manifest, or null. */
export function findDamage(dataDir: string, checkpoint: Checkpoint): Promise<string | null> {
  const manifest = CheckpointManifest.parse(checkpoint.manifest);
  return findCheckpointDamage(dataDir, { ...checkpoint, manifest });
}
