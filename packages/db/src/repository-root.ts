import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder that holds `prisma/`. Found by walking up, because this file also runs as a part of
 * bundles in `apps/<app>/dist`.
 */
export function findRepositoryRoot(from = path.dirname(fileURLToPath(import.meta.url))): string {
  for (let folder = from; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'prisma', 'migrations', 'migration_lock.toml'))) return folder;
    if (folder === path.dirname(folder))
      throw new Error(`No prisma/migrations folder was found in ${from} or above it.`);
  }
}
