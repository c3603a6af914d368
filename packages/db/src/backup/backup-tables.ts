import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { PlainError } from '../plain-error.ts';
import { rewindSchema, runMigrations } from './rewind-schema.ts';

/** Signed-in browsers, throttles and live news are of the moment: they do not travel. */
const TRANSIENT_TABLES = ['session', 'verification', 'sign_in_throttle', 'live_event', 'worker_process'];
const MIGRATIONS_TABLE = '_prisma_migrations';

export interface BackedUpTable {
  table: string;
  columns: string[];
  rows: number;
  bytes: number;
  sha256: string;
}

export interface DatabaseBackup {
  /** Names of the applied migrations, in order. */
  migrations: string[];
  tables: BackedUpTable[];
}

export interface BackupTablesOptions {
  url: string;
  /** Each table becomes `<folder>/<table>.copy`, in PostgreSQL's COPY text format. */
  folder: string;
  onTable?: (table: string, done: number, total: number) => void;
}

/** Copies every lasting table as it was at one moment, while the product goes on. */
export async function backupTables(options: BackupTablesOptions): Promise<DatabaseBackup> {
  await mkdir(options.folder, { recursive: true });
  return withClient(options.url, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const names = await listTables(client, TRANSIENT_TABLES);
    const tables: BackedUpTable[] = [];
    for (const [done, table] of names.entries()) {
      options.onTable?.(table, done, names.length);
      const columns = await listColumns(client, table);
      const file = createWriteStream(path.join(options.folder, `${table}.copy`));
      const measure = new Measure();
      await pipeline(
        client.query(copyTo(`COPY ${quote(table)} (${columns.map(quote).join(', ')}) TO STDOUT`)),
        measure,
        file,
      );
      tables.push({ table, columns, ...measure.result() });
    }
    const migrations = await listMigrations(client);
    await client.query('COMMIT');
    return { migrations, tables };
  });
}

export interface RestoreTablesOptions extends BackupTablesOptions {
  backup: DatabaseBackup;
  /** Empty the database first instead of refusing one with accounts in it. */
  replace?: boolean;
  /** What must be there before the rows are: when it fails, the database stays as it was. */
  beforeCommit?: () => Promise<void>;
}

/**
 * Loads a backup into a migrated database in one transaction: all of it, or nothing. Rows of an older version are
 * loaded into its tables, and then go through the later migrations.
 *
 * @throws PlainError when the database is in use by accounts, or was migrated further back than the backup
 */
export async function restoreTables(options: RestoreTablesOptions): Promise<void> {
  const { backup, folder } = options;
  await withClient(options.url, async (client) => {
    await refuseUnlessFitting(client, options);
    await client.query('BEGIN');
    try {
      const laterMigrations = await rewindSchema(client, backup.migrations);
      const foreignKeys = await dropForeignKeys(client);
      const all = (await listTables(client, [])).map(quote).join(', ');
      await client.query(`TRUNCATE ${all}`);
      for (const [done, { table, columns }] of backup.tables.entries()) {
        options.onTable?.(table, done, backup.tables.length);
        const into = client.query(
          copyFrom(`COPY ${quote(table)} (${columns.map(quote).join(', ')}) FROM STDIN`),
        );
        await pipeline(createReadStream(path.join(folder, `${table}.copy`)), into);
      }
      // Adding a key again checks every row of it.
      for (const { table, name, definition } of foreignKeys) {
        await client.query(`ALTER TABLE ${table} ADD CONSTRAINT ${quote(name)} ${definition}`);
      }
      await runMigrations(client, laterMigrations);
      await setSequences(client);
      await options.beforeCommit?.();
      await client.query('COMMIT');
      if (laterMigrations.length > 0) await endOtherSessions(client);
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    }
  });
}

/** Counts and hashes what flows through; a row of COPY's text format is a line. */
class Measure extends Transform {
  #rows = 0;
  #bytes = 0;
  readonly #hash = createHash('sha256');

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#bytes += chunk.length;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) this.#rows += 1;
    this.#hash.update(chunk);
    this.push(chunk);
    done();
  }

  result(): { rows: number; bytes: number; sha256: string } {
    return { rows: this.#rows, bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: 'rankloop backup',
  });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function refuseUnlessFitting(client: pg.Client, options: RestoreTablesOptions): Promise<void> {
  const applied = new Set(await listMigrations(client));
  const unknown = options.backup.migrations.filter((name) => !applied.has(name));
  if (unknown.length > 0) {
    throw new PlainError(
      `The backup was made by a newer version (migration ${unknown[0] ?? ''}). Update Rankloop, then restore.`,
    );
  }
  if (options.replace === true) return;
  const { rows } = await client.query<{ hasUsers: boolean }>(
    'SELECT EXISTS (SELECT 1 FROM "user") AS "hasUsers"',
  );
  if (rows[0]?.hasUsers === true) {
    throw new PlainError(
      'The database already has accounts. Restore into an empty one, or add --replace to lose them.',
    );
  }
}

async function listTables(client: pg.Client, without: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ tablename: string }>(
    `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL($1) ORDER BY tablename`,
    [[...without, MIGRATIONS_TABLE]],
  );
  return rows.map((row) => row.tablename);
}

async function listColumns(client: pg.Client, table: string): Promise<string[]> {
  const { rows } = await client.query<{ column_name: string }>(
    `SELECT column_name FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position`,
    [table],
  );
  return rows.map((row) => row.column_name);
}

async function listMigrations(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ migration_name: string }>(
    `SELECT migration_name FROM "${MIGRATIONS_TABLE}" WHERE finished_at IS NOT NULL ORDER BY migration_name`,
  );
  return rows.map((row) => row.migration_name);
}

/** Their statements were planned on tables and types that are gone, and would fail once each. */
async function endOtherSessions(client: pg.Client): Promise<void> {
  await client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
       AND application_name LIKE 'rankloop%'`,
  );
}

interface ForeignKey {
  table: string;
  name: string;
  definition: string;
}

async function dropForeignKeys(client: pg.Client): Promise<ForeignKey[]> {
  const { rows } = await client.query<ForeignKey>(
    `SELECT conrelid::regclass::text AS "table", conname AS "name", pg_get_constraintdef(oid) AS "definition"
     FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace`,
  );
  for (const { table, name } of rows)
    await client.query(`ALTER TABLE ${table} DROP CONSTRAINT ${quote(name)}`);
  return rows;
}

/** Counters go on after the highest restored value. */
async function setSequences(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ table: string; column: string; sequence: string }>(
    `SELECT d.refobjid::regclass::text AS "table", a.attname AS "column", d.objid::regclass::text AS "sequence"
     FROM pg_depend d
     JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
     JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
     WHERE d.deptype IN ('a', 'i') AND s.relnamespace = 'public'::regnamespace`,
  );
  for (const { table, column, sequence } of rows) {
    await client.query(
      `SELECT setval('${sequence}', COALESCE((SELECT max(${quote(column)}) FROM ${table}), 0) + 1, false)`,
    );
  }
}

function quote(name: string): string {
  return pg.escapeIdentifier(name);
}
