import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** A path inside the backup: never upwards, never absolute. */
const InnerPath = z
  .string()
  .min(1)
  .refine(
    (name) => !path.isAbsolute(name) && !name.split(/[\\/]/).includes('..'),
    'must stay inside the backup',
  );

export const BackupManifest = z.object({
  format: z.literal('rankloop-backup-1'),
  createdAt: z.iso.datetime(),
  migrations: z.array(z.string()),
  tables: z.array(
    z.object({
      table: z.string().regex(/^[a-z_]+$/),
      columns: z.array(z.string()),
      rows: z.number().int(),
      bytes: z.number().int(),
      sha256: Sha256,
    }),
  ),
  /** Files of checkpoints and corpora, below `files/`. */
  files: z.array(z.object({ name: InnerPath, bytes: z.number().int(), sha256: Sha256 })),
});
export type BackupManifest = z.infer<typeof BackupManifest>;

export async function hashFile(file: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Files below a folder as relative paths with forward slashes; an absent folder has none. */
export async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(noneIfAbsent);
  const lists = await Promise.all(
    entries.map(async (entry) => {
      if (!entry.isDirectory()) return entry.isFile() ? [entry.name] : [];
      const inner = await listFiles(path.join(folder, entry.name));
      return inner.map((name) => `${entry.name}/${name}`);
    }),
  );
  return lists.flat().sort();
}

/** Absent, or gone since it was listed. Anything else must not look like a folder without files. */
function noneIfAbsent(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
