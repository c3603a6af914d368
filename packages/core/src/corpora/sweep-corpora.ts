import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PrismaClient } from '@rankloop/db';
import { STORE } from './corpus-files.ts';

/** A file younger than this may belong to a write whose row is about to come. */
const STRAY_AGE_MS = 3_600_000;

/**
 * Deletes files of corpora that no row points at: of deleted projects, and what a crash between file and row left.
 * Returns how many.
 */
export async function sweepCorpora(
  prisma: Pick<PrismaClient, 'corpus'>,
  dataDir: string,
  olderThanMs = STRAY_AGE_MS,
): Promise<number> {
  const rows = await prisma.corpus.findMany({ distinct: ['file'], select: { file: true } });
  const known = new Set(rows.map(({ file }) => file));
  const names = await readdir(join(dataDir, STORE)).catch(() => []);
  let swept = 0;
  for (const name of names) {
    if (known.has(`${STORE}/${name}`)) continue;
    const path = join(dataDir, STORE, name);
    const found = await stat(path).catch(() => null);
    if (!found || Date.now() - found.mtimeMs < olderThanMs) continue;
    await rm(path, { force: true });
    swept += 1;
  }
  return swept;
}
