import pg from 'pg';
import { defaultMigrationsDir, readMigrations, type MigrationFile } from './migration-folder.ts';

export type SchemaState = 'current' | 'behind' | 'ahead' | 'failed' | 'changed';

export interface SchemaStatus {
  readonly state: SchemaState;
  /** A plain sentence: what is wrong and what to do. */
  readonly message: string;
}

interface AppliedMigration {
  name: string;
  checksum: string;
  finished: boolean;
}

export interface SchemaStatusOptions {
  url: string;
  migrationsDir?: string;
}

/** Compares the migrations of this code with those that the database says it has. Changes nothing. */
export async function schemaStatus(options: SchemaStatusOptions): Promise<SchemaStatus> {
  const client = new pg.Client({ connectionString: options.url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return await schemaStatusOf(client, options.migrationsDir);
  } finally {
    await client.end();
  }
}

/** The same on a connection or pool that is already there. */
export async function schemaStatusOf(
  client: pg.Client | pg.Pool,
  migrationsDir = defaultMigrationsDir(),
): Promise<SchemaStatus> {
  const [files, applied] = await Promise.all([readMigrations(migrationsDir), findApplied(client)]);
  return compareMigrations(files, applied);
}

export function compareMigrations(
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
): SchemaStatus {
  const byName = new Map(files.map((file) => [file.name, file]));
  const appliedNames = new Set(applied.filter((row) => row.finished).map((row) => row.name));

  const failed = applied.find((row) => !row.finished);
  if (failed !== undefined)
    return {
      state: 'failed',
      message: `The database stopped in the middle of migration ${failed.name}. Run the migrations again; what they had begun was undone.`,
    };
  const unknown = applied.find((row) => !byName.has(row.name));
  if (unknown !== undefined)
    return {
      state: 'ahead',
      message: `The database is newer than this code: it has migration ${unknown.name}, which this code does not know. Start the newer version.`,
    };
  const missing = files.filter((file) => !appliedNames.has(file.name));
  if (missing.length > 0)
    return {
      state: 'behind',
      message: `The database is older than this code: ${String(missing.length)} migration(s) are missing, from ${missing[0]?.name ?? ''} on. Run the migrations.`,
    };
  const changed = applied.find((row) => byName.get(row.name)?.checksum !== row.checksum);
  if (changed !== undefined)
    return {
      state: 'changed',
      message: `Migration ${changed.name} was changed after this database had applied it. Restore the file, or start with a new database.`,
    };
  return { state: 'current', message: 'The database is up to date.' };
}

async function findApplied(client: pg.Client | pg.Pool): Promise<readonly AppliedMigration[]> {
  const table = await client.query<{ found: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS found`,
  );
  if (table.rows[0]?.found !== true) return [];
  const rows = await client.query<AppliedMigration>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished
     FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at`,
  );
  return rows.rows;
}
