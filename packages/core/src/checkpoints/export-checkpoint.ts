import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { AppError } from '@rankloop/contracts';
import type { Checkpoint, PrismaClient } from '@rankloop/db';
import { findCheckpointDamage } from './checkpoint-files.ts';
import { CheckpointManifest } from './checkpoint-view.ts';
import { findCheckpoint } from './find-checkpoint.ts';
import { getCheckpoint } from './get-checkpoint.ts';
import { refusePruned } from './hold-checkpoint.ts';
import { CARD, writeModelCard } from './model-card.ts';

export interface ExportCheckpointOptions {
  prisma: PrismaClient;
  dataDir: string;
  projectId: string;
  /** Its name or its id; absent: the policy in use. */
  checkpoint?: string | undefined;
  /** Made by the export; nothing may be there yet. */
  folder: string;
}

/**
 * Copies a checkpoint out of the data directory, as a folder that Hugging Face's tools read, with its card. The folder
 * appears whole or not at all.
 *
 * @throws AppError `not_found`, `conflict` when the folder is there already or the stored files are damaged
 */
export async function exportCheckpoint(options: ExportCheckpointOptions): Promise<Checkpoint> {
  const { dataDir, folder } = options;
  const checkpoint = await findCheckpoint(options);
  const manifest = CheckpointManifest.parse(checkpoint.manifest);
  if (await isThere(folder)) {
    throw new AppError('conflict', { detail: `${folder} is there already. Name a folder that is not.` });
  }
  refusePruned(checkpoint);
  const damage = await findCheckpointDamage(dataDir, { ...checkpoint, manifest });
  if (damage !== null) throw new AppError('conflict', { detail: `${checkpoint.name}: ${damage}` });
  const unfinished = join(dirname(resolve(folder)), `.unfinished-${randomUUID()}`);
  try {
    await mkdir(unfinished, { recursive: true });
    for (const file of Object.keys(manifest))
      await copyFile(join(dataDir, checkpoint.folder, file), join(unfinished, file));
    const detail = await getCheckpoint({ ...options, checkpointId: checkpoint.id });
    await writeFile(join(unfinished, CARD), writeModelCard(detail));
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return checkpoint;
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
