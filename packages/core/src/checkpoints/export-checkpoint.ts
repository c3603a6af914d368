import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { AppError, Id } from '@rankloop/contracts';
import type { Checkpoint, PrismaClient } from '@rankloop/db';
import { findCheckpointDamage } from './checkpoint-files.ts';
import { CheckpointManifest } from './checkpoint-view.ts';

export interface ExportCheckpointOptions {
  prisma: Pick<PrismaClient, 'checkpoint'>;
  dataDir: string;
  projectId: string;
  /** Its name or its id; absent: the policy in use. */
  checkpoint?: string | undefined;
  /** Made by the export; nothing may be there yet. */
  folder: string;
}

/** Names that a refusal lists. */
const NAMES_SHOWN = 20;

/**
 * Copies a checkpoint out of the data directory, as a folder that Hugging Face's tools read. The folder appears whole
 * or not at all.
 *
 * @throws AppError `not_found`, `conflict` when the folder is there already or the stored files are damaged
 */
export async function exportCheckpoint(options: ExportCheckpointOptions): Promise<Checkpoint> {
  const { dataDir, folder } = options;
  const checkpoint = await getCheckpoint(options);
  const manifest = CheckpointManifest.parse(checkpoint.manifest);
  if (await isThere(folder)) {
    throw new AppError('conflict', { detail: `${folder} is there already. Name a folder that is not.` });
  }
  const damage = await findCheckpointDamage(dataDir, { ...checkpoint, manifest });
  if (damage !== null) throw new AppError('conflict', { detail: `${checkpoint.name}: ${damage}` });
  const unfinished = join(dirname(resolve(folder)), `.unfinished-${randomUUID()}`);
  try {
    await mkdir(unfinished, { recursive: true });
    for (const file of Object.keys(manifest))
      await copyFile(join(dataDir, checkpoint.folder, file), join(unfinished, file));
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return checkpoint;
}

async function getCheckpoint(options: ExportCheckpointOptions): Promise<Checkpoint> {
  const { prisma, projectId, checkpoint: wanted } = options;
  const isId = Id.safeParse(wanted).success;
  const which =
    wanted === undefined ? { currentOf: { id: projectId } } : isId ? { id: wanted } : { name: wanted };
  // Of several attempts of a round, the last.
  const orderBy = { createdAt: 'desc' } as const;
  const found = await prisma.checkpoint.findFirst({ where: { projectId, ...which }, orderBy });
  if (found) return found;
  const known = await prisma.checkpoint.findMany({ where: { projectId }, orderBy, take: NAMES_SHOWN });
  const names = known.map(({ name }) => name).join(', ');
  const what =
    wanted === undefined ? 'The project has no policy in use.' : `There is no checkpoint called ${wanted}.`;
  throw new AppError('not_found', {
    detail: `${what} ${names === '' ? 'There is none yet.' : `There are: ${names}.`}`,
  });
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
