import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { findRepositoryRoot } from '../repository-root.ts';

/** One folder under `prisma/migrations`. */
export interface MigrationFile {
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, as Prisma records it. */
  readonly checksum: string;
}

export async function readMigrations(migrationsDir: string): Promise<readonly MigrationFile[]> {
  const entries = await readdir(migrationsDir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(path.join(migrationsDir, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/** Names one set of migrations: databases with the same hash have the same schema. */
export async function migrationsHash(migrationsDir = defaultMigrationsDir()): Promise<string> {
  const hash = createHash('sha256');
  for (const file of await readMigrations(migrationsDir)) hash.update(`${file.name} ${file.checksum}\n`);
  return hash.digest('hex').slice(0, 16);
}

export function defaultMigrationsDir(): string {
  return path.join(findRepositoryRoot(), 'prisma', 'migrations');
}

/** Every `.prisma` file of the schema folder, as [path, text]. */
export async function readSchemaFiles(schemaDir: string): Promise<[string, string][]> {
  const names = (await readdir(schemaDir, { recursive: true })).filter((name) => name.endsWith('.prisma'));
  return Promise.all(
    names.sort().map(async (name): Promise<[string, string]> => {
      const file = path.join(schemaDir, name);
      return [file, await readFile(file, 'utf8')];
    }),
  );
}
