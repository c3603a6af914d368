import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PrismaClient } from '@rankloop/db';
import { PlainReason } from './plain-reason.ts';

/** Where the files of a checkpoint are. @throws PlainReason when there are none any more */
export async function findCheckpointFolder(
  prisma: PrismaClient,
  { dataDir, checkpointId }: { dataDir: string; checkpointId: string },
): Promise<string> {
  const checkpoint = await prisma.checkpoint.findUnique({ where: { id: checkpointId } });
  if (!checkpoint) throw new PlainReason('The checkpoint is not there any more.');
  const folder = join(dataDir, checkpoint.folder);
  if (!(await stat(join(folder, 'config.json')).catch(() => null))) {
    throw new PlainReason(`The files of ${checkpoint.name} are not there any more.`);
  }
  return folder;
}
