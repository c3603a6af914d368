import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { shareFile } from '@rankloop/core';
import { migrateDeploy, PlainError, restoreTables } from '@rankloop/db';
import { extract } from 'tar';
import { BackupManifest, hashFile } from './manifest.ts';

export interface RestoreBackupOptions {
  databaseUrl: string;
  dataDir: string;
  file: string;
  /** Lose what the database holds now. */
  replace: boolean;
  say: (sentence: string) => void;
}

/**
 * Puts a backup back: everything is unpacked and checked by hash before anything is touched.
 *
 * @throws PlainError when the archive is damaged, newer than this version, or the database is in use
 */
export async function restoreBackup(options: RestoreBackupOptions): Promise<BackupManifest> {
  const { databaseUrl, dataDir, replace, say } = options;
  await mkdir(dataDir, { recursive: true });
  const work = await mkdtemp(path.join(dataDir, '.restore-'));
  try {
    say('unpacking');
    const manifest = await unpack(path.resolve(options.file), work);
    say('checking');
    await checkHashes(manifest, work);
    await migrateDeploy({ url: databaseUrl });
    await restoreTables({
      url: databaseUrl,
      folder: path.join(work, 'tables'),
      backup: manifest,
      replace,
      onTable: (table, done, total) => say(`table ${done + 1} of ${total}: ${table}`),
      // Files before rows: when this ends half-way, some folders are over and get swept, and no row lacks its weights.
      beforeCommit: async () => {
        for (const { name, ...content } of manifest.files) {
          const place = path.join(dataDir, name);
          await putInPlace(path.join(work, 'files', name), place);
          if (name.startsWith('checkpoints/')) await shareFile(dataDir, place, content);
        }
      },
    });
    return manifest;
  } finally {
    // A damaged archive may still be unpacking a file when it is given up.
    await rm(work, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

async function unpack(file: string, work: string): Promise<BackupManifest> {
  try {
    // Links could point outside; a backup has none.
    await extract({
      file,
      cwd: work,
      strict: true,
      filter: (_path, entry) => !('type' in entry) || isPlain(entry.type),
    });
    return BackupManifest.parse(JSON.parse(await readFile(path.join(work, 'manifest.json'), 'utf8')));
  } catch (cause) {
    throw new PlainError(`${file} is not a whole Rankloop backup. Nothing was changed.`, { cause });
  }
}

function isPlain(type: string): boolean {
  return type === 'File' || type === 'OldFile' || type === 'Directory' || type === 'GNUDumpDir';
}

async function checkHashes(manifest: BackupManifest, work: string): Promise<void> {
  const tables = manifest.tables.map((table) => ({ ...table, name: `tables/${table.table}.copy` }));
  const files = manifest.files.map((file) => ({ ...file, name: `files/${file.name}` }));
  for (const { name, bytes, sha256 } of [...tables, ...files]) {
    const found = await hashFile(path.join(work, name)).catch(() => null);
    if (found?.bytes !== bytes || found.sha256 !== sha256) {
      throw new PlainError(`The backup is damaged: ${name} is not what it was. Nothing was changed.`);
    }
  }
}

async function putInPlace(from: string, to: string): Promise<void> {
  await mkdir(path.dirname(to), { recursive: true });
  await rename(from, to);
}
