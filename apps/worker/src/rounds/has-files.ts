import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '@rankloop/db';

/** Whether the folder of a checkpoint is there: old ones may be gone, while their rows stay. */
export async function hasFiles(dataDir: string, { folder }: Pick<Checkpoint, 'folder'>): Promise<boolean> {
  return stat(join(dataDir, folder)).then(
    () => true,
    () => false,
  );
}
