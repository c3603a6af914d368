import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { backupTables } from '@rankloop/db';
import { create } from 'tar';
import { BackupManifest, hashFile, listFiles } from './manifest.ts';

/** Inside the data folder: what rows point at. */
const STORES = ['checkpoints', 'corpora'];
/** Still being written, or a second name of what the folders of checkpoints hold. */
const LEFT_OUT = /^(unfinished|by-content)\/|\.unfinished$/;

export interface CreateBackupOptions {
  databaseUrl: string;
  dataDir: string;
  /** The `.tar.gz` to write; appears only when it is whole. */
  file: string;
  say: (sentence: string) => void;
}

/** Writes the database, the checkpoints and the corpora into one archive, while the product goes on. */
export async function createBackup(options: CreateBackupOptions): Promise<BackupManifest> {
  const { databaseUrl, dataDir, say } = options;
  const file = path.resolve(options.file);
  await mkdir(path.dirname(file), { recursive: true });
  const work = await mkdtemp(path.join(path.dirname(file), '.rankloop-backup-'));
  try {
    // Rows before files: a checkpoint's folder, or a corpus' file, exists before its row does, so no row is without its files.
    const database = await backupTables({
      url: databaseUrl,
      folder: path.join(work, 'tables'),
      onTable: (table, done, total) => say(`table ${done + 1} of ${total}: ${table}`),
    });
    const files = await copyFiles(dataDir, path.join(work, 'files'), say);
    const manifest = BackupManifest.parse({
      format: 'rankloop-backup-1',
      createdAt: new Date().toISOString(),
      ...database,
      files,
    });
    await writeFile(path.join(work, 'manifest.json'), JSON.stringify(manifest, null, 2));
    say('packing');
    const packed = path.join(work, 'packed.tar.gz');
    await create({ gzip: true, cwd: work, file: packed, portable: true }, [
      'manifest.json',
      'tables',
      'files',
    ]);
    await rename(packed, file);
    return manifest;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function copyFiles(dataDir: string, target: string, say: (sentence: string) => void) {
  await mkdir(target, { recursive: true });
  const names: string[] = [];
  for (const store of STORES) {
    for (const name of await listFiles(path.join(dataDir, store)))
      if (!LEFT_OUT.test(name)) names.push(`${store}/${name}`);
  }
  const files: BackupManifest['files'] = [];
  for (const [done, name] of names.entries()) {
    say(`file ${done + 1} of ${names.length}: ${name}`);
    const copy = path.join(target, name);
    await mkdir(path.dirname(copy), { recursive: true });
    await copyFile(path.join(dataDir, name), copy);
    files.push({ name, ...(await hashFile(copy)) });
  }
  return files;
}
