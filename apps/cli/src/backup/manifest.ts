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
  /** Files of checkpoints, below `files/`. */
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
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))
    .sort();
}
