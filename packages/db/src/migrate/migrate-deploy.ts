import path from 'node:path';
import pg from 'pg';
import { PlainError } from '../plain-error.ts';
import { findRepositoryRoot } from '../repository-root.ts';
import { readMigrations, readSchemaFiles, type MigrationFile } from './migration-folder.ts';
import { NO_FILTERS, withSchemaEngine } from './schema-engine.ts';
import { schemaStatusOf } from './schema-status.ts';

/** Any two starters of one database ask for the same lock. */
const MIGRATE_LOCK = 7_226_901;

export interface MigrateDeployOptions {
  url: string;
  schemaDir?: string;
  migrationsDir?: string;
  /** Called once when another process is migrating this database. */
  onWait?: () => void;
}

/** A migration could not be applied, and nothing was changed. */
export class MigrationError extends PlainError {}

/**
 * Applies the migrations that the database lacks and returns their names. A second call does nothing,
 * two at once are safe, and a migration that fails or is killed leaves nothing behind.
 */
export async function migrateDeploy(options: MigrateDeployOptions): Promise<readonly string[]> {
  const schemaDir = options.schemaDir ?? path.join(findRepositoryRoot(), 'prisma');
  const migrationsDir = options.migrationsDir ?? path.join(schemaDir, 'migrations');
  const client = new pg.Client({
    connectionString: options.url,
    connectionTimeoutMillis: 10_000,
    application_name: 'rankloop migrate',
  });
  await client.connect();
  try {
    await takeLock(client, options.onWait);
    const status = await schemaStatusOf(client, migrationsDir);
    if (status.state === 'current') return [];
    if (status.state === 'ahead' || status.state === 'changed') throw new MigrationError(status.message);
    if (status.state === 'failed') await forgetUnfinished(client);
    return await applyMissing({ url: options.url, schemaDir, migrationsDir, client });
  } finally {
    // Ending the session gives the lock back.
    await client.end();
  }
}

async function takeLock(client: pg.Client, onWait: (() => void) | undefined): Promise<void> {
  const tried = await client.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [
    MIGRATE_LOCK,
  ]);
  if (tried.rows[0]?.held === true) return;
  onWait?.();
  await client.query('SELECT pg_advisory_lock($1)', [MIGRATE_LOCK]);
}

interface ApplyMissingOptions {
  url: string;
  schemaDir: string;
  migrationsDir: string;
  client: pg.Client;
}

async function applyMissing(options: ApplyMissingOptions): Promise<readonly string[]> {
  const files = await readMigrations(options.migrationsDir);
  const scripts = new Map(files.map((file) => [file.sql, file]));
  let sqlError: unknown;
  try {
    return await withSchemaEngine(
      {
        url: options.url,
        datamodels: await readSchemaFiles(options.schemaDir),
        // The engine reports a failed script as "External error", so the real one is kept here.
        runScript: async (script, query) => {
          try {
            await query(withRecord(script, scripts.get(script)));
          } catch (error) {
            sqlError = error;
            throw error;
          }
        },
      },
      async (engine) => {
        const done = await engine.applyMigrations({
          migrationsList: toMigrationList(options.migrationsDir, files),
          filters: NO_FILTERS,
        });
        return done.appliedMigrationNames;
      },
    );
  } catch (error) {
    const name = await forgetUnfinished(options.client);
    const reason = sqlError ?? error;
    const detail = reason instanceof Error ? reason.message : String(reason);
    throw new MigrationError(
      `Migration ${name ?? 'of the database'} failed and was undone: ${detail.split('\n')[0] ?? detail}.`,
      { cause: reason },
    );
  }
}

/**
 * The engine records a migration as finished in a statement of its own. Doing so in the script's
 * transaction too means: an unfinished record was never applied, even after a kill.
 */
function withRecord(script: string, migration: MigrationFile | undefined): string {
  // CONCURRENTLY refuses to share its transaction.
  if (migration === undefined || /\bCONCURRENTLY\b/i.test(script)) return script;
  return `${script}\n;UPDATE _prisma_migrations SET finished_at = now()
    WHERE migration_name = ${pg.escapeLiteral(migration.name)} AND finished_at IS NULL AND rolled_back_at IS NULL`;
}

/** Marks what was begun and undone, so that the next run may try again. */
async function forgetUnfinished(client: pg.Client): Promise<string | undefined> {
  const undone = await client
    .query<{ name: string }>(
      `UPDATE _prisma_migrations SET rolled_back_at = now()
       WHERE finished_at IS NULL AND rolled_back_at IS NULL RETURNING migration_name AS name`,
    )
    .catch(() => undefined);
  return undone?.rows[0]?.name;
}

function toMigrationList(baseDir: string, files: readonly MigrationFile[]) {
  return {
    baseDir,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: files.map((file) => ({
      path: file.name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value: file.sql } },
    })),
  };
}
